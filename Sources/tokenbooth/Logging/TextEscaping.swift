/// Makes text from outside safe to show in one line of a log or a terminal.
///
/// Works on UTF-8 bytes, because a `Character` can hide a line feed behind a carriage return. Escaped as
/// `\uXXXX` are: C0 and C1 controls, DEL, line and paragraph separators, and what changes the direction of
/// text or has no width.
enum TextEscaping {
    /// Bytes of one value in a log line; what is beyond is cut, at the boundary of a character.
    static let standardLimit = 1024

    /// Appends `text` between double quotes, as one JSON string (RFC 8259 §7).
    static func appendQuoted(_ text: String, limit: Int = standardLimit, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        append(text.utf8.span, limit: limit, escapesQuotes: true, to: &output)
        output.append(UInt8(ascii: "\""))
    }

    /// Appends `text` without quotes.
    static func appendPlain(_ text: String, limit: Int = standardLimit, to output: inout [UInt8]) {
        append(text.utf8.span, limit: limit, escapesQuotes: false, to: &output)
    }

    private static func append(_ text: Span<UInt8>, limit: Int, escapesQuotes: Bool, to output: inout [UInt8])
    {
        var end = text.count
        if end > limit {
            end = max(0, limit)
            // 10xxxxxx continues the character before.
            while end > 0, text[end] & 0xC0 == 0x80 { end -= 1 }
        }
        var index = 0
        while index < end {
            let byte = text[index]
            let length = hiddenLength(text, at: index, end: end)
            if length > 0 {
                appendEscape(scalar(text, at: index, length: length), to: &output)
                index += length
                continue
            }
            if escapesQuotes, byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                output.append(UInt8(ascii: "\\"))
            }
            output.append(byte)
            index += 1
        }
        if end < text.count { output.append(contentsOf: "…".utf8) }
    }

    /// The length in bytes of the character at `index` when it must not be shown as it is, else 0.
    private static func hiddenLength(_ text: Span<UInt8>, at index: Int, end: Int) -> Int {
        let byte = text[index]
        if byte < 0x20 || byte == 0x7F { return 1 }
        guard byte >= 0xC2, index + 1 < end else { return 0 }
        let second = text[index + 1]
        // U+0080 to U+009F, U+00AD, U+061C.
        if byte == 0xC2 && (second < 0xA0 || second == 0xAD) || byte == 0xD8 && second == 0x9C { return 2 }
        guard index + 2 < end else { return 0 }
        let third = text[index + 2]
        switch (byte, second, third) {
        case (0xE2, 0x80, 0x8B...0x8F), (0xE2, 0x80, 0xA8...0xAE): return 3  // U+200B–200F, U+2028–202E
        case (0xE2, 0x81, 0xA0...0xAF): return 3  // U+2060–206F
        case (0xE1, 0xA0, 0x8E): return 3  // U+180E
        case (0xEF, 0xBB, 0xBF), (0xEF, 0xBF, 0xB9...0xBB): return 3  // U+FEFF, U+FFF9–FFFB
        case (0xF3, 0xA0, 0x80...0x81): return index + 3 < end ? 4 : 0  // U+E0000–E007F
        default: return 0
        }
    }

    private static func scalar(_ text: Span<UInt8>, at index: Int, length: Int) -> UInt32 {
        var value = UInt32(text[index])
        if length > 1 { value &= 0x7F >> UInt32(length) }
        for offset in 1..<max(length, 1) { value = value << 6 | UInt32(text[index + offset] & 0x3F) }
        return value
    }

    /// As JSON writes it: a pair of surrogates beyond U+FFFF.
    private static func appendEscape(_ scalar: UInt32, to output: inout [UInt8]) {
        guard scalar > 0xFFFF else { return appendEscape(unit: UInt16(scalar), to: &output) }
        let offset = scalar - 0x10000
        appendEscape(unit: UInt16(0xD800 | offset >> 10), to: &output)
        appendEscape(unit: UInt16(0xDC00 | offset & 0x3FF), to: &output)
    }

    private static func appendEscape(unit scalar: UInt16, to output: inout [UInt8]) {
        output.append(contentsOf: "\\u".utf8)
        for shift in [12, 8, 4, 0] as [UInt16] {
            let nibble = UInt8(truncatingIfNeeded: scalar >> shift & 15)
            output.append(nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10)
        }
    }
}

/// Text of the server or of a file, made safe for a terminal.
enum TerminalText {
    /// - Parameter limit: Bytes of the input that are shown.
    static func sanitized(_ text: String, limit: Int = 4096) -> String {
        var output: [UInt8] = []
        TextEscaping.appendPlain(text, limit: limit, to: &output)
        return String(decoding: output, as: UTF8.self)
    }
}
