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
        let start = output.count
        let length = bytes.count / 3 * 4 + (bytes.count % 3 * 4 + 2) / 3
        output.append(contentsOf: repeatElement(0, count: length))
        // The longest loop of our own in a token: its indices are in range by construction, so none is checked.
        unsafe bytes.withUnsafeBufferPointer { input in
            unsafe alphabet.withUnsafeBufferPointer { digits in
                unsafe output.withUnsafeMutableBufferPointer { output in
                    unsafe write(input, digits, to: UnsafeMutableBufferPointer(rebasing: output[start...]))
                }
            }
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
        var content = bytes
        if bytes.count.isMultiple(of: 4) {
            let equals = UInt8(ascii: "=")
            if content.last == equals { content.removeLast() }
            if content.last == equals { content.removeLast() }
        }
        return values.decode(content)
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
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count / 4 * 3 + 2)
        let input = bytes.span
        let table = values.span
        // A character outside the alphabet leaves its two high bits here, and valid ones have neither.
        var seen: UInt8 = 0
        var word: UInt32 = 0
        for index in 0..<input.count {
            let value = table[Int(input[index])]
            seen |= value
            word = word << 6 | UInt32(value & 63)
            guard index & 3 == 3 else { continue }
            output.append(UInt8(truncatingIfNeeded: word >> 16))
            output.append(UInt8(truncatingIfNeeded: word >> 8))
            output.append(UInt8(truncatingIfNeeded: word))
            word = 0
        }
        guard seen & 0xC0 == 0 else { return nil }
        switch rest {
        case 2:
            guard word & 0xF == 0 else { return nil }
            output.append(UInt8(truncatingIfNeeded: word >> 4))
        case 3:
            guard word & 0x3 == 0 else { return nil }
            output.append(UInt8(truncatingIfNeeded: word >> 10))
            output.append(UInt8(truncatingIfNeeded: word >> 2))
        default:
            break
        }
        return output
    }
}
