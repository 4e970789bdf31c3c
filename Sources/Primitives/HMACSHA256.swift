import CLibcrypto

/// HMAC-SHA-256 (RFC 2104) under one key, built on the SHA-256 that cannot fail.
///
/// libcrypto's own `HMAC` looks up a provider and allocates on every call, and so may fail; this has no such case.
/// The key's two blocks are hashed once: a tag over few bytes costs half as much then. They are large, and so kept by
/// reference, for what holds a key is copied often.
package final class HMACSHA256: Sendable {
    private static let blockLength = 64
    private let inner: SHA256_CTX
    private let outer: SHA256_CTX

    /// - Parameter key: Any length; beyond 64 bytes its digest is used (RFC 2104 §2).
    package init(key: [UInt8]) {
        var block = key.count > Self.blockLength ? SHA256.hash(key).bytes : key
        block.append(contentsOf: repeatElement(0, count: Self.blockLength - block.count))
        inner = Self.begun(block.map { $0 ^ 0x36 })
        outer = Self.begun(block.map { $0 ^ 0x5C })
    }

    /// The full tag.
    package func authenticate(_ bytes: [UInt8]) -> SHA256Digest {
        var (first, second) = (inner, outer)
        first.update(bytes.span)
        first.finish().withBytes { second.update($0) }
        return second.finish()
    }

    private static func begun(_ pad: [UInt8]) -> SHA256_CTX {
        var context = SHA256_CTX()
        unsafe SHA256_Init(&context)
        context.update(pad.span)
        return context
    }
}
