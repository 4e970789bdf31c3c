/// One operation in full: what it is for, who may call it, what it takes and what it answers.
struct OperationSection {
    private let operation: OpenAPIDocument.Operation
    private let document: OpenAPIDocument
    private let schemas: SchemaTable

    init(_ operation: OpenAPIDocument.Operation, in document: OpenAPIDocument) {
        self.operation = operation
        self.document = document
        schemas = SchemaTable(document)
    }

    func write(to html: inout HTMLWriter) {
        html.element("section", [("id", operation.id), ("class", "operation")]) { html in
            html.element("h3") { html in
                Self.writeMethod(operation.method, to: &html)
                html.markup(" ")
                html.element("code", [("class", "path")], text: operation.path)
            }
            html.element("p", [("class", "summary")], text: operation.value["summary"]?.string ?? "")
            Markdown(operation.value["description"]?.string ?? "").write(to: &html)
            writeAccess(to: &html)
            writeParameters(to: &html)
            writeRequest(to: &html)
            html.element("h4", text: "Responses")
            ResponseList(operation.value["responses"]?.members ?? [], in: document).write(to: &html)
        }
    }

    static func writeMethod(_ method: String, to html: inout HTMLWriter) {
        html.element("span", [("class", "method \(method.lowercased())")], text: method)
    }

    private func writeAccess(to html: inout HTMLWriter) {
        html.element("dl") { html in
            html.element("dt", text: "Served by")
            for server in operation.servers {
                html.element("dd") { html in
                    html.text("\(server["description"]?.string ?? "") ")
                    html.element("code", text: server["url"]?.string ?? "")
                }
            }
            html.element("dt", text: "Credential")
            let ways = operation.value["security"]?.elements ?? document.root["security"]?.elements ?? []
            if ways.isEmpty { html.element("dd", text: "none") }
            for way in ways {
                html.element("dd") { Self.write(way: way, to: &$0) }
            }
        }
    }

    private static func write(way: DocumentValue, to html: inout HTMLWriter) {
        guard !way.members.isEmpty else {
            html.text("none besides what the body holds")
            return
        }
        for (index, scheme) in way.members.enumerated() {
            if index > 0 { html.text(" and ") }
            html.link(to: "#security-\(scheme.name)", text: scheme.name)
            let scopes = scheme.value.elements.map(\.plain)
            guard !scopes.isEmpty else { continue }
            html.text(" with the scope ")
            html.element("code", text: scopes.joined(separator: " "))
        }
    }

    private func writeParameters(to html: inout HTMLWriter) {
        let rows = operation.parameters.map(document.resolve).map { parameter in
            SchemaTable.Row(
                name: parameter["name"]?.string ?? "",
                place: parameter["in"]?.string,
                isRequired: parameter["required"]?.isTrue == true,
                facts: SchemaFacts(parameter: parameter, in: document)
            )
        }
        guard !rows.isEmpty else { return }
        html.element("h4", text: "Parameters")
        SchemaTable.writeTable(heading: "Parameter", rows: rows, to: &html)
    }

    private func writeRequest(to html: inout HTMLWriter) {
        guard let body = operation.value["requestBody"].map(document.resolve) else { return }
        html.element("h4", text: "Request body")
        ContentList(body["content"]?.members ?? [], in: document).write(to: &html)
    }
}
