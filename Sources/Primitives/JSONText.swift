/// Writes JSON straight into bytes.
package enum JSONText {
    /// Appends `string` with its quotes; what RFC 8259 §7 lets stand unescaped stands unescaped.
    package static func appendString(_ string: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        let bytes = string.utf8.span
        if isPlain(bytes) {
            output.append(utf8: string)
        } else {
            for index in bytes.indices { appendEscaped(bytes[index], to: &output) }
        }
        output.append(UInt8(ascii: "\""))
    }

    package static func appendInteger(_ value: Int64, to output: inout [UInt8]) {
        if value < 0 { output.append(UInt8(ascii: "-")) }
        // No 64-bit number has more digits.
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var start = digits.count
            var rest = value.magnitude
            repeat {
                start -= 1
                unsafe digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            unsafe output.append(contentsOf: UnsafeBufferPointer(rebasing: digits[start...]))
        }
    }

    private static func isPlain(_ bytes: Span<UInt8>) -> Bool {
        for index in bytes.indices {
            switch bytes[index] {
            case ..<0x20, UInt8(ascii: "\""), UInt8(ascii: "\\"): return false
            default: continue
            }
        }
        return true
    }

    private static func appendEscaped(_ byte: UInt8, to output: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""): output.append(ascii: "\\\"")
        case UInt8(ascii: "\\"): output.append(ascii: "\\\\")
        case 0x08: output.append(ascii: "\\b")
        case 0x09: output.append(ascii: "\\t")
        case 0x0A: output.append(ascii: "\\n")
        case 0x0C: output.append(ascii: "\\f")
        case 0x0D: output.append(ascii: "\\r")
        case ..<0x20:
            output.append(ascii: "\\u00")
            for nibble in [byte >> 4, byte & 15] {
                output.append(nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10)
            }
        default: output.append(byte)
        }
    }
}

extension JSONValue {
    package var serialized: [UInt8] {
        var output: [UInt8] = []
        serialize(to: &output)
        return output
    }

    /// Appends the value without white space, members in their order.
    package func serialize(to output: inout [UInt8]) {
        switch self {
        case .null: output.append(ascii: "null")
        case .bool(true): output.append(ascii: "true")
        case .bool(false): output.append(ascii: "false")
        case .number(let number): output.append(utf8: number.text)
        case .string(let string): JSONText.appendString(string, to: &output)
        case .array(let elements):
            output.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                element.serialize(to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let object): object.serialize(to: &output)
        }
    }
}

extension JSONObject {
    package func serialize(to output: inout [UInt8]) {
        output.append(UInt8(ascii: "{"))
        for (index, member) in members.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            JSONText.appendString(member.name, to: &output)
            output.append(UInt8(ascii: ":"))
            member.value.serialize(to: &output)
        }
        output.append(UInt8(ascii: "}"))
    }
}
