/// base64url without padding (RFC 7515 §2), one spelling for each value.
package enum Base64URL {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8
    )
    private static let values = Base64Table(alphabet)

    package static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        append(bytes.span, to: &output)
        return output
    }

    package static func append(_ bytes: [UInt8], to output: inout [UInt8]) {
        append(bytes.span, to: &output)
    }

    package static func append(_ bytes: Span<UInt8>, to output: inout [UInt8]) {
        let length = bytes.count / 3 * 4 + (bytes.count % 3 * 4 + 2) / 3
        // The longest loop of our own in a token: its indices are in range by construction, so none is checked.
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: length) { letters in
            unsafe bytes.withUnsafeBufferPointer { input in
                unsafe alphabet.withUnsafeBufferPointer { digits in
                    unsafe write(input, digits, to: letters)
                }
            }
            unsafe output.append(contentsOf: UnsafeBufferPointer(letters))
        }
    }

    /// - Parameter output: Exactly as long as what `bytes` become.
    private static func write(
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ digits: UnsafeBufferPointer<UInt8>,
        to output: UnsafeMutableBufferPointer<UInt8>
    ) {
        var read = 0
        var write = 0
        while read + 3 <= bytes.count {
            let word =
                unsafe UInt32(bytes[read]) << 16 | UInt32(bytes[read + 1]) << 8 | UInt32(bytes[read + 2])
            unsafe output[write] = digits[Int(word >> 18)]
            unsafe output[write + 1] = digits[Int(word >> 12 & 63)]
            unsafe output[write + 2] = digits[Int(word >> 6 & 63)]
            unsafe output[write + 3] = digits[Int(word & 63)]
            read += 3
            write += 4
        }
        guard read < bytes.count else { return }
        let isPair = read + 1 < bytes.count
        let word = unsafe UInt32(bytes[read]) << 16 | (isPair ? UInt32(bytes[read + 1]) << 8 : 0)
        unsafe output[write] = digits[Int(word >> 18)]
        unsafe output[write + 1] = digits[Int(word >> 12 & 63)]
        if isPair { unsafe output[write + 2] = digits[Int(word >> 6 & 63)] }
    }

    /// - Returns: `nil` for padding, white space, any byte outside the alphabet, a length that no value has, or
    ///   bits set in the last character that belong to no byte (RFC 4648 §3.5).
    package static func decode(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        values.decode(bytes)
    }
}

/// Standard base64 (RFC 4648 §4), for HTTP Basic (RFC 7617).
package enum Base64 {
    private static let values = Base64Table(
        Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    )

    /// - Returns: `nil` for anything but the alphabet with its exact padding or with none at all, and for bits set
    ///   in the last character that belong to no byte.
    package static func decode(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        var end = bytes.endIndex
        if bytes.count.isMultiple(of: 4) {
            let equals = UInt8(ascii: "=")
            for _ in 0..<2 where end > bytes.startIndex && bytes[end - 1] == equals { end -= 1 }
        }
        return values.decode(bytes[..<end])
    }
}

/// What each of the 256 bytes stands for; 0xFF for those outside the alphabet.
private struct Base64Table: Sendable {
    let values: [UInt8]

    init(_ alphabet: [UInt8]) {
        var values = [UInt8](repeating: 0xFF, count: 256)
        for (value, character) in alphabet.enumerated() {
            values[Int(character)] = UInt8(truncatingIfNeeded: value)
        }
        self.values = values
    }

    func decode(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        let rest = bytes.count % 4
        guard rest != 1 else { return nil }
        let input = bytes.span
        // A character outside the alphabet leaves its two high bits here, and valid ones have neither.
        var seen: UInt8 = 0
        // Of the last character, the bits that belong to no byte.
        var left: UInt32 = 0
        let length = bytes.count / 4 * 3 + max(0, rest - 1)
        let output = unsafe [UInt8](unsafeUninitializedCapacity: length) { output, count in
            let whole = input.count - rest
            for index in stride(from: 0, to: whole, by: 4) {
                let first = values[Int(input[index])]
                let second = values[Int(input[index + 1])]
                let third = values[Int(input[index + 2])]
                let fourth = values[Int(input[index + 3])]
                seen |= first | second | third | fourth
                unsafe output[count] = first << 2 | second >> 4
                unsafe output[count + 1] = second << 4 | third >> 2
                unsafe output[count + 2] = third << 6 | fourth
                count += 3
            }
            var word: UInt32 = 0
            for index in whole..<input.count {
                let value = values[Int(input[index])]
                seen |= value
                word = word << 6 | UInt32(value & 63)
            }
            switch rest {
            case 2:
                left = word & 0xF
                unsafe output[count] = UInt8(truncatingIfNeeded: word >> 4)
                count += 1
            case 3:
                left = word & 0x3
                unsafe output[count] = UInt8(truncatingIfNeeded: word >> 10)
                unsafe output[count + 1] = UInt8(truncatingIfNeeded: word >> 2)
                count += 2
            default:
                break
            }
        }
        return seen & 0xC0 == 0 && left == 0 ? output : nil
    }
}
