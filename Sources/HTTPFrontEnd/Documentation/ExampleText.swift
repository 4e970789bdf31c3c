import Primitives

/// Examples as they go over the wire: JSON, or a form.
enum ExampleText {
    /// - Parameter mediaType: Decides the form; what is neither JSON nor a form is shown as it stands.
    static func text(_ example: DocumentValue, as mediaType: String) -> String {
        if mediaType == "application/x-www-form-urlencoded" { return form(example) }
        if mediaType.hasSuffix("json") { return json(example, indent: 0) }
        return example.plain
    }

    /// One pair a line, so that it can be read; on the wire `&` joins them.
    private static func form(_ example: DocumentValue) -> String {
        let pairs = example.members.flatMap { member in
            let values = member.value.elements.isEmpty ? [member.value] : member.value.elements
            return values.map { "\(encoded(member.name))=\(encoded($0.plain))" }
        }
        return pairs.joined(separator: "\n&")
    }

    /// Percent-encoding of RFC 3986 §2.1; everything but the unreserved characters.
    private static func encoded(_ text: String) -> String {
        let hexadecimal = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default:
                bytes += [UInt8(ascii: "%"), hexadecimal[Int(byte >> 4)], hexadecimal[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// - Parameter indent: Levels of two spaces each.
    static func json(_ value: DocumentValue, indent: Int) -> String {
        let margin = String(repeating: "  ", count: indent)
        switch value {
        case .string(let text):
            return quoted(text)
        case .null, .bool, .integer, .number:
            return value.plain
        case .array(let elements):
            let inner = elements.map { json($0, indent: indent + 1) }
            let line = "[\(inner.joined(separator: ", "))]"
            guard inner.contains(where: { $0.utf8.contains(UInt8(ascii: "\n")) }) || line.utf8.count > 72
            else {
                return line
            }
            return "[\n\(inner.map { "\(margin)  \($0)" }.joined(separator: ",\n"))\n\(margin)]"
        case .object(let members):
            guard !members.isEmpty else { return "{}" }
            let lines = members.map { "\(margin)  \(quoted($0.name)): \(json($0.value, indent: indent + 1))" }
            return "{\n\(lines.joined(separator: ",\n"))\n\(margin)}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var bytes = [UInt8(ascii: "\"")]
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: "\n"): bytes.append(ascii: "\\n")
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
        return String(decoding: bytes, as: UTF8.self)
    }
}
