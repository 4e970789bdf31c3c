extension JSONParser {
    /// Reads a string, from its opening quote to behind its closing one (RFC 8259 §7).
    mutating func string() throws(JSONError) -> String {
        position += 1
        let start = position
        skipPlain()
        if current == UInt8(ascii: "\"") {
            defer { position += 1 }
            return try text(bytes[start..<position])
        }
        var content = Array(bytes[start..<position])
        while true {
            switch current {
            case UInt8(ascii: "\""):
                defer { position += 1 }
                return try text(content[...])
            case UInt8(ascii: "\\"):
                position += 1
                try escape(into: &content)
            case nil: throw error("the text ends inside a string")
            default: throw error("a control character in a string")
            }
            let run = position
            skipPlain()
            content.append(contentsOf: bytes[run..<position])
        }
    }

    /// Moves to the next quote, backslash or control character, or to the end.
    private mutating func skipPlain() {
        while let byte = current, byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
            position += 1
        }
    }

    private func text(_ content: ArraySlice<UInt8>) throws(JSONError) -> String {
        guard let text = String(validating: content, as: UTF8.self) else {
            throw error("a string is not UTF-8")
        }
        return text
    }

    private mutating func escape(into content: inout [UInt8]) throws(JSONError) {
        let plain: UInt8
        switch current {
        case UInt8(ascii: "\""): plain = UInt8(ascii: "\"")
        case UInt8(ascii: "\\"): plain = UInt8(ascii: "\\")
        case UInt8(ascii: "/"): plain = UInt8(ascii: "/")
        case UInt8(ascii: "b"): plain = 0x08
        case UInt8(ascii: "f"): plain = 0x0C
        case UInt8(ascii: "n"): plain = 0x0A
        case UInt8(ascii: "r"): plain = 0x0D
        case UInt8(ascii: "t"): plain = 0x09
        case UInt8(ascii: "u"):
            position += 1
            content.append(contentsOf: String(try escapedScalar()).utf8)
            return
        default: throw error("not an escape")
        }
        position += 1
        content.append(plain)
    }

    /// Four hexadecimal digits, and the second half when they are the first of a surrogate pair.
    private mutating func escapedScalar() throws(JSONError) -> Unicode.Scalar {
        let first = try codeUnit()
        guard (0xD800..<0xDC00).contains(first) else {
            // `nil` is the second half of a pair without the first.
            guard let scalar = Unicode.Scalar(first) else { throw error("a lone surrogate") }
            guard first != 0 || !rejectingNUL else { throw error("an escaped NUL") }
            return scalar
        }
        guard skip(UInt8(ascii: "\\")), skip(UInt8(ascii: "u")) else { throw error("a lone surrogate") }
        let second = try codeUnit()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw error("a lone surrogate") }
        return scalar
    }

    private mutating func codeUnit() throws(JSONError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw error("expected four hexadecimal digits")
            }
            unit = unit << 4 | UInt32(digit)
            position += 1
        }
        return unit
    }
}
