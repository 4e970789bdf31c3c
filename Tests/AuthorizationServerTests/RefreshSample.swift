import OAuth
import Primitives

@testable import AuthorizationServer

/// A family in its fifth generation, rotated now, and a request of its own client.
enum RefreshSample {
    static let now = NumericDate(1_700_000_000)
    static let secret = RefreshSecret([UInt8](repeating: 7, count: 32))
    static let status: StatusReference = {
        guard let list = StatusListID(1), let place = StatusReference(list: list, index: 5) else {
            preconditionFailure("both are in range")
        }
        return place
    }()
    private static let nonce = [UInt8](repeating: 3, count: 16)
    private static let id = FamilyID(ULID(high: 9, low: 9))

    static func client(_ number: UInt64 = 1, _ change: (inout ClientRecord) -> Void = { _ in }) -> Client {
        Sample.client(number: number, change)
    }

    static func family() -> RefreshFamily {
        RefreshFamily(
            id: id,
            client: client().id,
            scope: words("read write"),
            audiences: ["urn:a"],
            generation: 5,
            rotatedAt: now,
            rotatedFrom: nil,
            idleExpiry: now.advanced(by: 604_800),
            absoluteExpiry: now.advanced(by: 2_592_000),
            revokedAt: nil,
            nonce: nonce,
            secretID: secret.id,
            status: status
        )
    }

    /// - Parameter tag: What is changed of the genuine tag.
    static func token(_ generation: UInt32, tag: UInt8 = 0) -> RefreshToken {
        let genuine = secret.token(generation, of: id, nonce: nonce)
        return RefreshToken(family: id, generation: generation, tag: genuine.tag.map { $0 ^ tag })
    }

    static func judge(
        _ presented: UInt32,
        at seconds: Int64 = 0,
        key: GrantStanding = GrantStanding(isRevoked: false, expiresAt: nil),
        _ change: (inout RefreshFamily, inout Rotation) -> Void = { _, _ in }
    ) -> RefreshTokenGrant.Verdict {
        var family = family()
        var rotation = Rotation(
            token: token(presented),
            secret: secret,
            client: client(),
            scope: nil,
            audiences: [],
            policy: RefreshPolicy(),
            address: nil,
            now: now.advanced(by: seconds)
        )
        change(&family, &rotation)
        return RefreshTokenGrant.judge(rotation, against: family, key: key)
    }

    static func word(_ verdict: RefreshTokenGrant.Verdict) -> String {
        switch verdict {
        case .rotate: "rotate"
        case .repeatSuccessor: "repeat"
        case .endFamily(let kind): kind.rawValue
        case .refuse: "refuse"
        }
    }

    static func grant(_ verdict: RefreshTokenGrant.Verdict) -> RefreshGrant? {
        switch verdict {
        case .rotate(let grant, _), .repeatSuccessor(let grant, _): grant
        case .endFamily, .refuse: nil
        }
    }

    static func refusal(_ verdict: RefreshTokenGrant.Verdict) -> OAuthError? {
        if case .refuse(let error) = verdict { error } else { nil }
    }

    static func words(_ text: String) -> [[UInt8]] { text.utf8.split(separator: 0x20).map(Array.init) }
}
