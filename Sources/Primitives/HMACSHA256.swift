import CLibcrypto

/// HMAC-SHA-256 (RFC 2104), built on the SHA-256 that cannot fail.
///
/// libcrypto's own `HMAC` looks up a provider and allocates on every call, and so may fail; this has no such case.
package enum HMACSHA256 {
    private static let blockLength = 64

    /// The full tag, 32 bytes.
    ///
    /// - Parameter key: Any length; beyond 64 bytes its digest is used (RFC 2104 §2).
    package static func authenticate(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
        var block = key.count > blockLength ? SHA256.hash(key).bytes : key
        block.append(contentsOf: repeatElement(0, count: blockLength - block.count))

        let inner = digest(block.map { $0 ^ 0x36 }, bytes)
        return digest(block.map { $0 ^ 0x5C }, inner.bytes).bytes
    }

    private static func digest(_ pad: [UInt8], _ bytes: [UInt8]) -> SHA256Digest {
        var context = SHA256_CTX()
        unsafe SHA256_Init(&context)
        context.update(pad.span)
        context.update(bytes.span)
        return context.finish()
    }
}
