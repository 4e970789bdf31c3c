/// The media types of one body with their schema and their examples.
struct ContentList {
    private let document: OpenAPIDocument
    private let contents: [DocumentValue.Member]

    init(_ contents: [DocumentValue.Member], in document: OpenAPIDocument) {
        self.contents = contents
        self.document = document
    }

    func write(to html: inout HTMLWriter) {
        guard let first = contents.first else { return }
        html.element("p") { html in
            for (index, content) in contents.enumerated() {
                if index > 0 { html.text(" or ") }
                html.element("code", text: content.name)
            }
        }
        // Several media types are several names for the same thing: the first one shows it.
        if let schema = first.value["schema"] {
            SchemaTable(document).write(schema, to: &html)
        }
        for example in examples(of: first.value) {
            html.element("details") { html in
                html.element("summary", text: example.title)
                html.element("pre") {
                    $0.element("code", text: ExampleText.text(example.value, as: first.name))
                }
            }
        }
    }

    private func examples(of content: DocumentValue) -> [(title: String, value: DocumentValue)] {
        if let example = content["example"] { return [("Example", example)] }
        return (content["examples"]?.members ?? []).compactMap { member in
            let example = document.resolve(member.value)
            return example["value"].map { ("Example: \(example["summary"]?.string ?? member.name)", $0) }
        }
    }
}
