package import OAuth
import Primitives

/// The secret of the keys directory that refresh tokens are made with; without a family's nonce it makes none.
package struct RefreshSecret: Sendable {
    private let key: HMACSHA256
    /// The first 8 bytes of its SHA-256: which secret a database or a family belongs to.
    package let id: [UInt8]

    /// - Parameter bytes: 32.
    package init(_ bytes: [UInt8]) {
        key = HMACSHA256(key: bytes)
        id = Array(SHA256.hash(bytes).bytes.prefix(8))
    }

    /// The refresh token of one generation.
    package func token(_ generation: UInt32, of family: FamilyID, nonce: [UInt8]) -> RefreshToken {
        var message: [UInt8] = []
        message.reserveCapacity(24 + nonce.count)
        message.append(ascii: "tbr1")
        message.append(bigEndian: family.ulid.high)
        message.append(bigEndian: family.ulid.low)
        message.append(bigEndian: generation)
        message += nonce
        let tag = Array(key.authenticate(message).bytes.prefix(RefreshToken.tagLength))
        return RefreshToken(family: family, generation: generation, tag: tag)
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
