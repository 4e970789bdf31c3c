#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// `errno` values and their words.
enum SystemError {
    static let notFound = ENOENT
    static let alreadyExists = EEXIST
    static let tooManyLinks = ELOOP
    static let inputOutput = EIO

    /// Whether there is no room left, on the disk or for this user.
    static func isFull(_ number: CInt) -> Bool { number == ENOSPC || number == EDQUOT }

    static func text(_ number: CInt) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        _ = unsafe strerror_r(number, &buffer, buffer.count)
        let end = buffer.firstIndex(of: 0) ?? buffer.count
        let text = String(decoding: buffer[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return text.isEmpty ? "error \(number)" : text
    }
}
