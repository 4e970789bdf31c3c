import Primitives

/// The answers of one operation: those of success in full, the refusals that all share by a link.
struct ResponseList {
    private let document: OpenAPIDocument
    private let responses: [DocumentValue.Member]

    init(_ responses: [DocumentValue.Member], in document: OpenAPIDocument) {
        self.responses = responses
        self.document = document
    }

    func write(to html: inout HTMLWriter) {
        let isShared = { (response: DocumentValue.Member) in
            !response.name.hasPrefix("2") && response.value["$ref"] != nil
        }
        for response in responses where !isShared(response) {
            html.element("p", [("class", "status")]) { html in
                html.element("strong", text: response.name)
                html.markup(" ")
                Markdown.write(document.resolve(response.value)["description"]?.string ?? "", to: &html)
            }
            Self.writeContent(document.resolve(response.value), in: document, to: &html)
        }
        let shared = responses.filter(isShared)
        guard !shared.isEmpty else { return }
        html.element("table") { html in
            html.element("thead") { html in
                html.element("tr") { html in
                    html.element("th", [("scope", "col")], text: "Status")
                    html.element("th", [("scope", "col")], text: "Meaning")
                }
            }
            html.element("tbody") { html in
                for response in shared { writeRow(response, to: &html) }
            }
        }
    }

    private func writeRow(_ response: DocumentValue.Member, to html: inout HTMLWriter) {
        html.element("tr") { html in
            html.element("th", [("scope", "row")]) { html in
                let name = document.componentName(response.value) ?? ""
                html.link(to: "#response-\(name)", text: "\(response.name) \(name)")
            }
            html.element("td") { html in
                Markdown.write(document.resolve(response.value)["description"]?.string ?? "", to: &html)
            }
        }
    }

    /// Headers, schema and examples of one response.
    static func writeContent(
        _ response: DocumentValue,
        in document: OpenAPIDocument,
        to html: inout HTMLWriter
    ) {
        let headers = (response["headers"]?.members ?? []).map { member in
            let header = document.resolve(member.value)
            return SchemaTable.Row(
                name: member.name,
                isRequired: false,
                facts: SchemaFacts(parameter: header, in: document)
            )
        }
        if !headers.isEmpty { SchemaTable.writeTable(heading: "Header", rows: headers, to: &html) }
        ContentList(response["content"]?.members ?? [], in: document).write(to: &html)
    }

    /// The names of the shared responses that operations link to, in the order of the document.
    static func sharedNames(in document: OpenAPIDocument) -> [String] {
        let linked = document.operations.flatMap { $0.value["responses"]?.members ?? [] }
            .filter { !$0.name.hasPrefix("2") }
            .compactMap { document.componentName($0.value) }
        return (document.root["components"]?["responses"]?.members ?? []).map(\.name).filter { name in
            linked.contains { bytesEqual($0, name) }
        }
    }
}
