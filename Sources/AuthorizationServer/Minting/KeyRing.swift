package import JOSE
import Primitives

/// The signing keys at one moment: which sign, which are published (RFC 7517).
///
/// An immutable snapshot: a change of keys makes a new one, which is handed to every event loop.
package struct KeyRing: Sendable {
    /// One for each algorithm that is offered; the first is the default.
    package let active: [SigningKey]
    /// Published, and signing later.
    package let pending: [VerificationKey]
    /// Published for what they have signed.
    package let retired: [VerificationKey]
    /// The document of `jwks_uri`.
    package let jwks: [UInt8]
    /// A strong entity tag of ``jwks``, quotes included (RFC 9110 §8.8.3).
    package let entityTag: String

    /// - Returns: `nil` when no key is active.
    package init?(
        active: [SigningKey],
        pending: [VerificationKey] = [],
        retired: [VerificationKey] = []
    ) {
        guard !active.isEmpty else { return nil }
        self.active = active
        self.pending = pending
        self.retired = retired
        jwks = JWKSet((active.map(\.publicKey) + pending + retired).map(\.jwk)).serialized
        let digest = Base64URL.encode(Array(SHA256.hash(jwks).bytes.prefix(12)))
        entityTag = "\"\(String(decoding: digest, as: UTF8.self))\""
    }

    /// All that verifiers are to know.
    package var published: [VerificationKey] { active.map(\.publicKey) + pending + retired }

    /// The key that a token of ours names, if it can be ours: a pending key has signed nothing yet, and what a key
    /// that is not published any more has signed is not honoured any more.
    package func verificationKey(_ kid: String) -> VerificationKey? {
        active.first { bytesEqual($0.kid, kid) }?.publicKey ?? retired.first { bytesEqual($0.kid, kid) }
    }
}
