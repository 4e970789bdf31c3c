import CLibcrypto

/// SHA-256 (FIPS 180-4) in one call.
///
/// On libcrypto's low-level functions: they look up no provider and allocate nothing.
package enum SHA256 {
    package static func hash(_ bytes: [UInt8]) -> SHA256Digest {
        hash(bytes.span)
    }

    package static func hash(_ bytes: Span<UInt8>) -> SHA256Digest {
        var context = SHA256_CTX()
        unsafe SHA256_Init(&context)
        context.update(bytes)
        return context.finish()
    }
}

extension SHA256_CTX {
    mutating func update(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBytes { buffer in
            _ = unsafe SHA256_Update(&self, buffer.baseAddress, buffer.count)
        }
    }

    mutating func finish() -> SHA256Digest {
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        unsafe withUnsafeMutableBytes(of: &words) { buffer in
            let output = unsafe buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
            _ = unsafe SHA256_Final(output, &self)
        }
        return SHA256Digest(memory: words)
    }
}
