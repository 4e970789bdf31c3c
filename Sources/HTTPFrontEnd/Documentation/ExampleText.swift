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
            return values.map { PercentEncoding.pairs([(member.name, $0.plain)]) }
        }
        return pairs.joined(separator: "\n&")
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
        var bytes: [UInt8] = []
        JSONText.appendString(text, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
