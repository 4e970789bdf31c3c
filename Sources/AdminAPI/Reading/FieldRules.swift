import OAuth
import Primitives

/// What each kind of field may hold.
///
/// Text is kept byte for byte: nothing is normalised or trimmed.
enum FieldRules {
    static let maximumEntries = 100

    static func string(_ value: JSONValue, _ pointer: String, _ mistakes: inout [FieldMistake]) -> String? {
        if let string = value.string { return string }
        mistakes.append(FieldMistake(pointer, "must be a string"))
        return nil
    }

    static func text(from minimum: Int, to maximum: Int) -> FieldRule<String> {
        { value, pointer, mistakes in
            guard let text = string(value, pointer, &mistakes) else { return nil }
            guard (minimum...maximum).contains(text.utf8.count) else {
                mistakes.append(FieldMistake(pointer, "must have \(minimum) to \(maximum) bytes of UTF-8"))
                return nil
            }
            guard !hasControlCharacter(text) else {
                mistakes.append(FieldMistake(pointer, "must not contain control characters"))
                return nil
            }
            return text
        }
    }

    static let name = text(from: 1, to: 128)
    static let description = text(from: 0, to: 1024)

    /// Names that begin like an identifier are refused, because a project is given by either.
    static func projectName(_ value: JSONValue, _ pointer: String, _ mistakes: inout [FieldMistake])
        -> String?
    {
        guard let text = name(value, pointer, &mistakes) else { return nil }
        if !text.utf8.starts(with: "prj_".utf8) { return text }
        mistakes.append(FieldMistake(pointer, "must not begin with prj_, as identifiers do"))
        return nil
    }

    static func scopeName(_ value: JSONValue, _ pointer: String, _ mistakes: inout [FieldMistake]) -> String?
    {
        guard let text = string(value, pointer, &mistakes) else { return nil }
        if ScopeMessage.isName(text) { return text }
        mistakes.append(FieldMistake(pointer, "must be 1 to 64 of A-Z a-z 0-9 . _ : / -"))
        return nil
    }

    /// The name of a role or group: names that begin like an identifier are refused, because one is given by either.
    static func name(beginningOtherThan prefix: String) -> FieldRule<String> {
        { value, pointer, mistakes in
            guard let text = scopeName(value, pointer, &mistakes) else { return nil }
            if !text.utf8.starts(with: prefix.utf8) { return text }
            mistakes.append(FieldMistake(pointer, "must not begin with \(prefix), as identifiers do"))
            return nil
        }
    }

    static func audienceName(_ value: JSONValue, _ pointer: String, _ mistakes: inout [FieldMistake])
        -> String?
    {
        guard let text = string(value, pointer, &mistakes) else { return nil }
        if AudienceMessage.isName(text) { return text }
        mistakes.append(
            FieldMistake(
                pointer,
                "must be 1 to 512 visible ASCII characters (a quote or a backslash counts twice)"
            )
        )
        return nil
    }

    static func subject(_ value: JSONValue, _ pointer: String, _ mistakes: inout [FieldMistake]) -> String? {
        guard let text = string(value, pointer, &mistakes) else { return nil }
        if (1...255).contains(text.utf8.count), isVisibleASCII(text) { return text }
        mistakes.append(FieldMistake(pointer, "must be 1 to 255 visible ASCII characters"))
        return nil
    }

    static func one(of words: [String]) -> FieldRule<String> {
        { value, pointer, mistakes in
            guard let text = string(value, pointer, &mistakes) else { return nil }
            if words.contains(where: { bytesEqual($0, text) }) { return text }
            mistakes.append(FieldMistake(pointer, "must be one of \(words.joined(separator: ", "))"))
            return nil
        }
    }

    static func grantType(_ value: JSONValue, _ pointer: String, _ mistakes: inout [FieldMistake])
        -> GrantType?
    {
        let words = GrantType.allCases.map(\.rawValue)
        guard let text = one(of: words)(value, pointer, &mistakes) else { return nil }
        return GrantType.allCases.first { bytesEqual($0.rawValue, text) }
    }

    /// An identifier; names do not tell keys from projects.
    static func keyOrProject(_ value: JSONValue, _ pointer: String, _ mistakes: inout [FieldMistake])
        -> String?
    {
        guard let text = string(value, pointer, &mistakes) else { return nil }
        if KeyID(parsing: text) != nil || ProjectID(parsing: text) != nil { return text }
        mistakes.append(FieldMistake(pointer, "must be the id of a key (key_...) or of a project (prj_...)"))
        return nil
    }

    static func lifetime(_ value: JSONValue, _ pointer: String, _ mistakes: inout [FieldMistake]) -> Int? {
        if let seconds = value.integer, (30...3600).contains(seconds) { return Int(seconds) }
        mistakes.append(FieldMistake(pointer, "must be a whole number of seconds from 30 to 3600"))
        return nil
    }

    static func dateTime(_ value: JSONValue, _ pointer: String, _ mistakes: inout [FieldMistake])
        -> NumericDate?
    {
        guard let text = string(value, pointer, &mistakes) else { return nil }
        if let date = NumericDate(rfc3339: text) { return date }
        mistakes.append(FieldMistake(pointer, "must be an RFC 3339 date-time, such as 2030-01-31T12:00:00Z"))
        return nil
    }

    /// Any object here: what it holds after a merge is judged by ``ClaimRules``.
    static func object(_ value: JSONValue, _ pointer: String, _ mistakes: inout [FieldMistake]) -> JSONObject?
    {
        if let object = value.object { return object }
        mistakes.append(FieldMistake(pointer, "must be a JSON object"))
        return nil
    }

    /// An array of at most ``maximumEntries``, none of them twice.
    static func list<Element>(
        _ rule: @escaping FieldRule<Element>,
        key: @escaping @Sendable (Element) -> String
    ) -> FieldRule<[Element]> {
        { value, pointer, mistakes in
            guard let entries = value.array else {
                mistakes.append(FieldMistake(pointer, "must be an array"))
                return nil
            }
            guard entries.count <= maximumEntries else {
                mistakes.append(FieldMistake(pointer, "must have at most \(maximumEntries) entries"))
                return nil
            }
            var seen: Set<ByteString> = []
            var list: [Element] = []
            for (index, entry) in entries.enumerated() {
                guard let element = rule(entry, "\(pointer)/\(index)", &mistakes) else { continue }
                if !seen.insert(ByteString(key(element))).inserted {
                    mistakes.append(FieldMistake("\(pointer)/\(index)", "stands there twice"))
                }
                list.append(element)
            }
            return list.count == entries.count ? list : nil
        }
    }

    static func strings(_ rule: @escaping FieldRule<String>) -> FieldRule<[String]> { list(rule) { $0 } }
}

/// Whether there is a scalar of the general category Cc: those below U+0020 and from U+007F to U+009F.
private func hasControlCharacter(_ text: String) -> Bool {
    text.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }
}

/// Only %x21-7E.
func isVisibleASCII(_ text: String) -> Bool {
    text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
}
