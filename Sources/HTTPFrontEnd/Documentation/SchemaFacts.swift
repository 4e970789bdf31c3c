import Primitives

/// What a schema says about one value: its type, its bounds and its meaning.
struct SchemaFacts {
    /// Words, and whether they are written as code.
    private struct Fact {
        let text: String
        let isCode: Bool
    }

    let description: String
    private let facts: [Fact]

    init(_ schema: DocumentValue, in document: OpenAPIDocument) {
        let schema = document.resolve(schema)
        let choices = (schema["anyOf"]?.elements ?? []).map(document.resolve)
        let main = choices.first { $0["type"]?.string != "null" } ?? schema
        description = schema["description"]?.string ?? main["description"]?.string ?? ""
        var facts = [
            Fact(text: Self.type(of: schema, main: main, choices: choices, in: document), isCode: false)
        ]
        facts += Self.values(main) + Self.bounds(main)
        if let items = main["items"].map(document.resolve) {
            let inner = Self.values(items) + Self.bounds(items)
            if !inner.isEmpty { facts += [Fact(text: "each:", isCode: false)] + inner }
        }
        if let fallback = schema["default"] {
            facts.append(Fact(text: "default \(fallback.plain)", isCode: false))
        }
        self.facts = facts
    }

    /// A parameter or a header: the bounds of its schema, and its own words and example before those of the schema.
    init(parameter: DocumentValue, in document: OpenAPIDocument) {
        let schema = document.resolve(parameter["schema"] ?? .null)
        let inner = SchemaFacts(schema, in: document)
        description = parameter["description"]?.string ?? inner.description
        let example = parameter["example"] ?? schema["examples"]?.elements.first
        facts = inner.facts + (example.map(Self.example) ?? [])
    }

    func writeType(to html: inout HTMLWriter) {
        var separator: StaticString = ""
        for fact in facts {
            html.markup(separator)
            html.element(fact.isCode ? "code" : "span", text: fact.text)
            separator = fact.text.hasSuffix(":") ? " " : ", "
        }
    }

    private static func type(
        of schema: DocumentValue,
        main: DocumentValue,
        choices: [DocumentValue],
        in document: OpenAPIDocument
    ) -> String {
        let names = types(main)
        let others = names.filter { $0 != "null" }
        var text = others.isEmpty ? "any value" : others.joined(separator: " or ")
        if let items = main["items"].map(document.resolve) {
            text += " of \(types(items).joined(separator: " or "))"
        }
        if let format = main["format"]?.string { text += " (\(format))" }
        let mayBeNull = names.count > others.count || choices.contains { types($0) == ["null"] }
        return mayBeNull ? "\(text) or null" : text
    }

    private static func types(_ schema: DocumentValue) -> [String] {
        if let type = schema["type"] {
            return type.elements.isEmpty ? [type.plain] : type.elements.map(\.plain)
        }
        return schema["properties"] != nil || schema["allOf"] != nil ? ["object"] : []
    }

    private static func values(_ schema: DocumentValue) -> [Fact] {
        if let constant = schema["const"] { return [Fact(text: constant.plain, isCode: true)] }
        let allowed = schema["enum"]?.elements ?? []
        return allowed.filter { if case .null = $0 { false } else { true } }
            .map { Fact(text: $0.plain, isCode: true) }
    }

    private static func example(_ value: DocumentValue) -> [Fact] {
        let values = value.elements.isEmpty ? [value] : value.elements
        return [Fact(text: "for example:", isCode: false)] + values.map { Fact(text: $0.plain, isCode: true) }
    }

    private static func bounds(_ schema: DocumentValue) -> [Fact] {
        var facts: [Fact] = []
        for (low, high, unit) in [
            ("minimum", "maximum", ""),
            ("minLength", "maxLength", " characters"),
            ("minItems", "maxItems", " items"),
            ("minProperties", "maxProperties", " members"),
        ] {
            let words =
                switch (schema[low]?.plain, schema[high]?.plain) {
                case (let low?, let high?): "\(low) to \(high)\(unit)"
                case (let low?, nil): "at least \(low)\(unit)"
                case (nil, let high?): "at most \(high)\(unit)"
                case (nil, nil): ""
                }
            if !words.isEmpty { facts.append(Fact(text: words, isCode: false)) }
        }
        if schema["uniqueItems"]?.isTrue == true { facts.append(Fact(text: "no repeats", isCode: false)) }
        if let pattern = schema["pattern"]?.string { facts.append(Fact(text: pattern, isCode: true)) }
        if let refused = schema["propertyNames"]?["not"]?["enum"] {
            let names = refused.elements.map(\.plain).joined(separator: ", ")
            facts.append(Fact(text: "no member named \(names)", isCode: false))
        }
        return facts
    }
}
