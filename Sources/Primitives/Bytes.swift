import CLibcrypto
import CZlib

/// zlib's CRC-32 of `bytes`: the checksum of an API key, not a defence against anyone.
package func crc32(_ bytes: [UInt8]) -> UInt32 { crc32(bytes.span) }

package func crc32(_ bytes: Span<UInt8>) -> UInt32 {
    unsafe bytes.withUnsafeBufferPointer { buffer in
        // `crc32_z` takes a size_t; zlib never returns more than 32 bits in its long.
        UInt32(truncatingIfNeeded: unsafe CZlib.crc32_z(0, buffer.baseAddress, buffer.count))
    }
}

/// Whether two secrets are equal, in a time that depends on their lengths only.
package func constantTimeEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    guard a.count == b.count else { return false }
    return unsafe a.withUnsafeBytes { left in
        unsafe b.withUnsafeBytes { right in
            unsafe CRYPTO_memcmp(left.baseAddress, right.baseAddress, left.count) == 0
        }
    }
}

/// Whether two strings are the same UTF-8 bytes.
///
/// `==` would also accept the same text in another normal form.
package func bytesEqual(_ a: String, _ b: String) -> Bool {
    // Most names that are compared differ in length, which a string knows.
    guard a.utf8.count == b.utf8.count else { return false }
    // The spans spare the look at every byte for where it is stored, which the views take.
    let (left, right) = (a.utf8.span, b.utf8.span)
    for index in left.indices where left[index] != right[index] { return false }
    return true
}

/// Whether bytes are those of a text.
package func bytesEqual(_ bytes: [UInt8], _ text: String) -> Bool {
    let (left, right) = (bytes.span, text.utf8.span)
    guard left.count == right.count else { return false }
    for index in left.indices where left[index] != right[index] { return false }
    return true
}

/// Whether a text is a name in which the case of ASCII letters does not matter.
///
/// - Parameter name: Plain ASCII, in lower case.
package func isSpelling(_ text: String, of name: StaticString) -> Bool {
    let text = text.utf8.span
    guard text.count == name.utf8CodeUnitCount else { return false }
    for index in text.indices {
        let letter = unsafe name.utf8Start[index]
        let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter)
        guard text[index] == letter || isLetter && text[index] | 0x20 == letter else { return false }
    }
    return true
}

extension Array where Element == UInt8 {
    /// Appends a literal that is plain ASCII.
    package mutating func append(ascii literal: StaticString) {
        unsafe append(
            contentsOf: UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount)
        )
    }

    /// Without white space and control characters at the end, as `echo` and editors leave them.
    package var withoutTrailingSpace: [UInt8] {
        Array(self[..<(lastIndex { $0 > 0x20 }.map { $0 + 1 } ?? 0)])
    }

    package mutating func append(utf8 string: String) {
        // Whether the text lies in one piece is asked once, not for each byte.
        var string = string
        string.withUTF8 { unsafe append(contentsOf: $0) }
    }
}

extension ArraySlice<UInt8> {
    /// Whether a line has nothing on it but what JSON takes for white space (RFC 8259 §2).
    package var isBlank: Bool { allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D } }
}
