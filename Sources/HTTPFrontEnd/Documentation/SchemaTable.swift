import Primitives

/// A schema as rows that a reader can follow: one for each member, nested ones under their path.
struct SchemaTable {
    struct Row {
        let name: String
        /// Where a parameter stands: `path`, `query`, `header`.
        var place: String?
        let isRequired: Bool
        let facts: SchemaFacts
    }

    /// Nothing that we describe is deeper; a schema that refers to itself ends here.
    private static let deepest = 6

    private let document: OpenAPIDocument

    init(_ document: OpenAPIDocument) {
        self.document = document
    }

    /// The alternatives of a `oneOf`, each with its title; a schema without one is its own only alternative.
    func alternatives(_ schema: DocumentValue) -> [(title: String, schema: DocumentValue)] {
        let resolved = document.resolve(schema)
        let schemas = resolved["oneOf"].map { $0.elements.map(document.resolve) } ?? [resolved]
        return schemas.map { ($0["title"]?.string ?? "", $0) }
    }

    /// The members of an object, of its `allOf` parts, and of the objects within.
    func rows(_ schema: DocumentValue) -> [Row] {
        rows(schema, prefix: "", depth: 0)
    }

    private func rows(_ schema: DocumentValue, prefix: String, depth: Int) -> [Row] {
        let schema = document.resolve(schema)
        guard depth < Self.deepest else { return [] }
        var rows = (schema["allOf"]?.elements ?? []).flatMap {
            self.rows($0, prefix: prefix, depth: depth + 1)
        }
        let required = (schema["required"]?.elements ?? []).map(\.plain)
        for property in schema["properties"]?.members ?? [] {
            let facts = SchemaFacts(property.value, in: document)
            let name = "\(prefix)\(property.name)"
            rows.append(Row(name: name, isRequired: required.contains(property.name), facts: facts))
            rows += self.rows(property.value, prefix: "\(name).", depth: depth + 1)
            if let items = document.resolve(property.value)["items"] {
                rows += self.rows(items, prefix: "\(name)[].", depth: depth + 1)
            }
        }
        return rows
    }

    func write(_ schema: DocumentValue, to html: inout HTMLWriter) {
        for alternative in alternatives(schema) {
            if !alternative.title.isEmpty {
                html.element("p", [("class", "title")], text: alternative.title)
            }
            let rows = rows(alternative.schema)
            guard !rows.isEmpty else {
                html.element("p") { SchemaFacts(alternative.schema, in: document).writeType(to: &$0) }
                continue
            }
            Self.writeTable(heading: "Member", rows: rows, to: &html)
        }
    }

    static func writeTable(heading: String, rows: [Row], to html: inout HTMLWriter) {
        html.element("table") { html in
            html.element("thead") { html in
                html.element("tr") { html in
                    html.element("th", [("scope", "col")], text: heading)
                    html.element("th", [("scope", "col")], text: "Meaning")
                }
            }
            html.element("tbody") { html in
                for row in rows { write(row, to: &html) }
            }
        }
    }

    private static func write(_ row: Row, to html: inout HTMLWriter) {
        html.element("tr") { html in
            html.element("th", [("scope", "row")]) { html in
                html.element("code", text: row.name)
                if let place = row.place { html.element("span", [("class", "place")], text: place) }
                if row.isRequired { html.element("span", [("class", "required")], text: "required") }
            }
            html.element("td") { html in
                html.element("p", [("class", "type")]) { row.facts.writeType(to: &$0) }
                Markdown(row.facts.description).write(to: &html)
            }
        }
    }
}
