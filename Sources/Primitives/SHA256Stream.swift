import CLibcrypto

/// SHA-256 (FIPS 180-4) of what comes piece by piece, such as a file.
package struct SHA256Stream {
    private var context = SHA256_CTX()

    package init() { unsafe SHA256_Init(&context) }

    package mutating func update(_ bytes: [UInt8]) { context.update(bytes.span) }

    /// The digest of all pieces; the stream is spent.
    package mutating func finish() -> SHA256Digest { context.finish() }
}
