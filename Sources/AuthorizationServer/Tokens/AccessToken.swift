package import JOSE
package import OAuth
package import Primitives

/// An access token that this service has issued and that has not expired (RFC 9068 §4).
///
/// Only ``LiveTokenCheck`` makes one. Whether it is still honoured is another question: see ``LiveToken``.
package struct AccessToken: Sendable {
    /// `client_id`: the key that it was issued to.
    package let client: KeyID
    package let id: TokenID
    package let issuedAt: NumericDate
    package let expiresAt: NumericDate
    /// At least one, each once named.
    package let audiences: [String]
    package let project: ProjectID
    /// Where the status of its grant stands: of the key that the first token was issued to, or of its family.
    package let status: StatusReference?
    /// How many keys stand between the subject and the client (RFC 8693 §4.1): the length of the chain of `act`.
    package let actors: Int
    /// All of them, in their order.
    package let claims: JSONObject
    /// ``claims`` as they were signed.
    package let payload: [UInt8]
    /// `typ`, one of ``types``.
    package let type: String
    package let algorithm: JWSAlgorithm

    /// The values of the JOSE header `typ` that an audience can ask for (RFC 9068 §2.1, RFC 7519 §5.1).
    package static let types = ["at+jwt", "JWT"]

    package var subject: String { claims["sub"]?.string ?? "" }

    /// Empty for a token without.
    package var scope: [[UInt8]] {
        claims["scope"]?.string.map { $0.utf8.split(separator: 0x20).map(Array.init) } ?? []
    }

    package var roles: [String] { strings("roles") }
    package var groups: [String] { strings("groups") }

    private func strings(_ name: String) -> [String] { claims[name]?.array?.compactMap(\.string) ?? [] }

    package func isFor(_ audience: String) -> Bool { audiences.contains { bytesEqual($0, audience) } }

    /// A token of the admin API, which is neither exchanged nor forwarded.
    package var isAdministrative: Bool { isFor(AudienceRecord.administration) }
}

/// An access token that is honoured now: its grant is VALID, it is not denied, and whoever acts with it is live.
package struct LiveToken: Sendable {
    package let token: AccessToken

    init(_ token: AccessToken) { self.token = token }
}

/// Why a token is not accepted: for the log; whoever sent it is told no more than that.
package struct TokenRefusal: Error, Sendable, CustomStringConvertible {
    package let reason: String
    /// Whether it is this machine that failed: whoever asks must hear that, and not that the token is dead.
    package private(set) var isFault = false

    package var description: String { reason }

    /// The token may be as good as any; nobody could tell.
    static func fault(_ reason: String) -> TokenRefusal {
        var refusal = TokenRefusal(reason: reason)
        refusal.isFault = true
        return refusal
    }

    init(reason: String) { self.reason = reason }
}
