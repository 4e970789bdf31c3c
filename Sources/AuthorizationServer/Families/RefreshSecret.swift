package import OAuth
import Primitives

/// The secret of the keys directory that refresh tokens are made with; without a family's nonce it makes none.
package struct RefreshSecret: Sendable {
    private let bytes: [UInt8]
    /// The first 8 bytes of its SHA-256: which secret a database or a family belongs to.
    package let id: [UInt8]

    /// - Parameter bytes: 32.
    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        id = Array(SHA256.hash(bytes).bytes.prefix(8))
    }

    /// The refresh token of one generation.
    package func token(_ generation: UInt32, of family: FamilyID, nonce: [UInt8]) -> RefreshToken {
        let number = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: generation >> $0) }
        let message = Array("tbr1".utf8) + family.ulid.bytes + number + nonce
        let tag = HMACSHA256.authenticate(message, key: bytes).prefix(RefreshToken.tagLength)
        return RefreshToken(family: family, generation: generation, tag: Array(tag))
    }

    /// Whether the tag is one that we made, in constant time.
    package func isGenuine(_ token: RefreshToken, nonce: [UInt8]) -> Bool {
        constantTimeEqual(token.tag, self.token(token.generation, of: token.family, nonce: nonce).tag)
    }
}

extension RefreshSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "RefreshSecret(redacted)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
