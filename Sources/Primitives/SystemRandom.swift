import CLibcrypto

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The operating system's random bytes, by way of libcrypto's seeded generator.
package enum SystemRandom {
    /// - Parameter count: Bytes; zero or less gives none.
    ///
    /// Ends the process when the generator fails: a token that could be guessed must never leave.
    package static func bytes(_ count: Int) -> [UInt8] {
        guard count > 0 else { return [] }
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            unsafe fill(UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
            initialized = count
        }
    }

    static func fill(_ buffer: UnsafeMutableBufferPointer<UInt8>) {
        guard let length = Int32(exactly: buffer.count), unsafe RAND_bytes(buffer.baseAddress, length) == 1
        else {
            stop("tokenbooth: the system's random generator failed; no token can be made that is safe\n")
        }
    }

    /// Written by hand, because a release build drops the message of `preconditionFailure`.
    private static func stop(_ message: StaticString) -> Never {
        _ = unsafe write(STDERR_FILENO, message.utf8Start, message.utf8CodeUnitCount)
        abort()
    }
}
