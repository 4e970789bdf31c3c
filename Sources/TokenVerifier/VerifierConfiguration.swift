/// Which tokens a resource server accepts, and how closely it follows what the issuer publishes.
public struct VerifierConfiguration: Sendable {
    /// `iss` of the tokens, and where the issuer's documents are: `https://`, no trailing slash, query or fragment.
    public let issuer: String
    /// What must be among the `aud` of a token: the name of this resource server.
    ///
    /// Compared as bytes.
    public let audience: String
    /// Published keys of other algorithms are left out; each key verifies its own algorithm only (RFC 8725 §3.1).
    ///
    /// Default: all four.
    public var algorithms = Set(SignatureAlgorithm.allCases)
    /// What the JOSE header `typ` may say.
    ///
    /// Default: ``TokenKind/accessToken``.
    public var kinds: Set<TokenKind> = [.accessToken]
    /// How far the clocks of the issuer and of this machine may be apart.
    ///
    /// - Units: whole seconds.
    /// - Range: 0 to 60, for the issuer lists a revoked token until 60 s after its `exp`. Default 60.
    public var clockSkew = 60
    /// What happens while nobody can know whether a token was revoked.
    ///
    /// Default: ``RevocationPolicy/required(outage:)`` with an outage of 0.
    public var revocation = RevocationPolicy.required()
    /// How long one fetch of a document may take.
    ///
    /// - Units: whole seconds.
    /// - Range: 1 to 60. Default 5.
    public var fetchTimeout = 5
    /// For how long past its `max-age` the last key set is still used, while no newer one can be had.
    ///
    /// - Units: whole seconds.
    /// - Range: 0 to 86 400. Default 3600.
    public var keySetOutage = 3600
    /// Whether an issuer may have an `http` address that is not this machine's.
    ///
    /// Default: no. Whoever sits between then chooses the keys.
    public var allowsPlainHTTP = false
    /// Is told the address of a document that could not be had, and why; at most once a second for each document.
    public var onFault: @Sendable (_ address: String, _ reason: String) -> Void = { _, _ in }

    /// A configuration with the defaults; what is wrong with it is said by ``AccessTokenVerifier``.
    public init(issuer: String, audience: String) {
        self.issuer = issuer
        self.audience = audience
    }
}

/// A signature algorithm of the published keys (RFC 7518 §3.1, RFC 8037 §3.1).
public enum SignatureAlgorithm: String, Sendable, CaseIterable {
    /// ECDSA on P-256 with SHA-256, the issuer's default.
    case es256 = "ES256"
    /// Ed25519.
    case eddsa = "EdDSA"
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    case rs256 = "RS256"
    /// RSASSA-PSS with SHA-256.
    case ps256 = "PS256"
}

/// What the JOSE header `typ` of an access token says; it is a property of the audience.
public enum TokenKind: Sendable, CaseIterable {
    /// `at+jwt`, or `application/at+jwt` (RFC 9068 §4).
    case accessToken
    /// `JWT` (RFC 7519 §5.1): for audiences that are registered so.
    case jwt

    var types: [String] {
        switch self {
        case .accessToken: ["at+jwt", "application/at+jwt"]
        case .jwt: ["JWT"]
        }
    }
}

/// How a verifier takes part in revocation.
public enum RevocationPolicy: Sendable, Equatable {
    /// Every token is looked up in lists that are as recent as the issuer promises; without them it is refused.
    ///
    /// A token that was revoked is refused within the list's `ttl`, a second and one fetch, and the time of `outage`.
    ///
    /// - Parameter outage: For how long past the promise the last lists still count while no newer can be had, in
    ///   whole seconds, 0 to 86 400.
    case required(outage: Int = 0)
    /// What the last lists say counts, however old they are; a token of which they say nothing is accepted.
    case bestEffort
    /// No list is fetched: a token is good until it expires.
    case ignored
}

/// Why there is no verifier.
public enum VerifierStartError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A setting is missing or out of its range.
    case configuration(String)
    /// The issuer's key set could not be had, or holds no key that may verify.
    case noVerificationKey(String)

    /// Which setting or document, and what is wrong with it.
    public var description: String {
        switch self {
        case .configuration(let reason): reason
        case .noVerificationKey(let reason): "no key to verify with: \(reason)"
        }
    }
}
