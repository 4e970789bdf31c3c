import CLibcrypto

/// SHA-256 gone over the bytes that many messages begin with, so that only their ends are left to hash.
package struct SHA256Beginning: Sendable {
    /// Bytes that were gone over.
    package let count: Int
    private let context: SHA256_CTX

    package init(_ bytes: [UInt8]) {
        var context = SHA256_CTX()
        unsafe SHA256_Init(&context)
        context.update(bytes.span)
        self.context = context
        count = bytes.count
    }

    /// The digest of the beginning and what follows it.
    package func digest(followedBy rest: Span<UInt8>) -> SHA256Digest {
        var context = context
        context.update(rest)
        return context.finish()
    }
}
