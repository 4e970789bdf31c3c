import AuthorizationServer
import Foundation
import OAuth
import Primitives
import Testing

/// What nobody may guess: RFC 6749 §10.10 asks for 2^-128 and wants 2^-160.
enum Secrets: String, CaseIterable, CustomTestStringConvertible {
    case keys, refreshTokens, generations, tokenIdentifiers

    var testDescription: String { rawValue }

    func expectChance(_ size: Int) throws {
        switch self {
        case .keys: try Self.keys(size)
        case .refreshTokens: try Self.refreshTokens(size)
        case .generations: try Self.generations(size)
        case .tokenIdentifiers: try Self.tokenIdentifiers(size)
        }
    }

    /// Of an API key its kind is known, and the check follows from the rest.
    private static func keys(_ size: Int) throws {
        let places = APIKey.length - APIKey.prefix.count - 6
        var sample = ChanceSample(places: places, of: Base62.digits.count, capacity: size)
        #expect(Double(places) * log2(Double(Base62.digits.count)) >= 160)
        var values = [UInt8](repeating: .max, count: 256)
        for (value, digit) in Base62.digits.enumerated() { values[Int(digit)] = UInt8(value) }
        for _ in 0..<size {
            let secret = APIKey.generate().secret
            try #require(APIKey(parsing: secret) != nil && secret.starts(with: APIKey.prefix))
            sample.add(secret[APIKey.prefix.count..<(APIKey.prefix.count + places)].map { values[Int($0)] })
        }
        sample.expectChance()
    }

    private static let family = FamilyID(ULID(high: 0x0199_0000_0000_0000, low: 1))

    /// As a store makes them: all that can be seen of these is the same.
    private static func refreshTokens(_ size: Int) throws {
        let secret = RefreshSecret(SystemRandom.bytes(32))
        var sample = ChanceSample(places: RefreshToken.tagLength, of: 256, capacity: size)
        #expect(sample.places * 8 >= 160)
        let visible = secret.token(0, of: family, nonce: []).secret.prefix(4 + 26)
        for _ in 0..<size {
            let token = secret.token(0, of: family, nonce: SystemRandom.bytes(16))
            sample.add(token.tag)
            try #require(token.secret.starts(with: visible))
        }
        sample.expectChance()
    }

    /// Who has had one generation knows nothing of the next: what differs between the two is chance, too.
    private static func generations(_ size: Int) throws {
        let (secret, nonce) = (RefreshSecret(SystemRandom.bytes(32)), SystemRandom.bytes(16))
        var sample = ChanceSample(places: RefreshToken.tagLength, of: 256, capacity: size)
        var steps = ChanceSample(places: RefreshToken.tagLength, of: 256, capacity: size)
        var last = secret.token(0, of: family, nonce: nonce).tag
        for generation in 1...UInt32(size) {
            let tag = secret.token(generation, of: family, nonce: nonce).tag
            sample.add(tag)
            steps.add(zip(last, tag).map { $0 ^ $1 })
            last = tag
        }
        sample.expectChance()
        steps.expectChance()
    }

    /// Of access tokens, which their signatures protect: never the same one twice.
    private static func tokenIdentifiers(_ size: Int) throws {
        var block = RandomBlock()
        var sample = ChanceSample(places: 16, of: 256, capacity: size)
        for _ in 0..<size {
            var text: [UInt8] = []
            block.append(16, base64URLTo: &text)
            sample.add(try #require(TokenID(jti: String(decoding: text, as: UTF8.self))).bytes)
        }
        sample.expectChance()
    }
}

@Suite("Chance in keys and tokens: RFC 6749 §10.10")
struct ChanceTests {
    // threats: AUT-10
    @Test(arguments: Secrets.allCases)
    func `of many no two are the same, and no part tells of another`(secrets: Secrets) throws {
        try secrets.expectChance(50_000)
    }
}

/// Only with TOKENBOOTH_SLOW_TESTS=1: some minutes without optimization.
@Suite(
    "Slow: chance in keys and tokens",
    .enabled(if: ProcessInfo.processInfo.environment["TOKENBOOTH_SLOW_TESTS"] == "1")
)
struct SlowChanceTests {
    // threats: AUT-10
    @Test(arguments: Secrets.allCases)
    func `of a million no two are the same, and no part tells of another`(secrets: Secrets) throws {
        try secrets.expectChance(1_000_000)
    }
}
