package import JOSE
import Primitives

/// The signing keys at one moment: which sign, which are published (RFC 7517).
///
/// An immutable snapshot: a change of keys makes a new one, which is handed to every event loop.
package struct KeyRing: Sendable {
    /// One for each algorithm that is offered; the first is the default.
    package let active: [SigningKey]
    /// All that verifiers are to know, the active ones among them.
    package let published: [VerificationKey]
    /// The document of `jwks_uri`.
    package let jwks: [UInt8]
    /// A strong entity tag of ``jwks``, quotes included (RFC 9110 §8.8.3).
    package let entityTag: String

    /// - Returns: `nil` when no key is active.
    package init?(active: [SigningKey], alsoPublished: [VerificationKey] = []) {
        guard !active.isEmpty else { return nil }
        self.active = active
        published = active.map(\.publicKey) + alsoPublished
        jwks = JWKSet(published.map(\.jwk)).serialized
        let digest = Base64URL.encode(Array(SHA256.hash(jwks).bytes.prefix(12)))
        entityTag = "\"\(String(decoding: digest, as: UTF8.self))\""
    }

    /// The published key that a token names, if there is one.
    package func verificationKey(_ kid: String) -> VerificationKey? {
        published.first { bytesEqual($0.jwk.kid, kid) }
    }
}
