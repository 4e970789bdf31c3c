import Primitives

/// The signature algorithms there are; a name outside this list cannot be expressed (RFC 8725 §3.1).
package enum JWSAlgorithm: String, CaseIterable, Sendable {
    /// ECDSA on P-256 with SHA-256 (RFC 7518 §3.4).
    case es256 = "ES256"
    /// Ed25519 (RFC 8037 §3.1).
    case eddsa = "EdDSA"
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 §3.3).
    case rs256 = "RS256"
    /// RSASSA-PSS with SHA-256 and MGF1 with SHA-256 (RFC 7518 §3.5).
    case ps256 = "PS256"

    /// The algorithm of that name, compared as bytes (RFC 7515 §4.1.1).
    package init?(named name: String) {
        guard let match = Self.allCases.first(where: { bytesEqual($0.rawValue, name) }) else { return nil }
        self = match
    }
}
