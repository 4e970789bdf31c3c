import Primitives

/// The page at `/docs`: every operation of the OpenAPI document, for people.
///
/// One HTML file without scripts that asks nothing of anybody: it can be served with a content security policy
/// that forbids everything but ``styleHash``. Making it parses the whole document: make it once, when it is first
/// asked for.
package struct DocumentationPage: Sendable {
    /// UTF-8, to be served as `text/html; charset=utf-8`.
    package let html: [UInt8]
    /// SHA-256 of the page's only style element, in base64: `style-src 'sha256-…'` (CSP Level 3 §2.3.1).
    package let styleHash: String

    /// - Parameter yaml: An OpenAPI 3.1 document.
    /// - Throws: When it is not one, or refers to what it does not hold. The error says which.
    package init(openAPI yaml: [UInt8]) throws {
        let document = try OpenAPIDocument(parsing: yaml)
        var html = HTMLWriter()
        html.markup("<!doctype html>\n")
        html.element("html", [("lang", "en")]) { html in
            html.element("head") { Self.writeHead(document, to: &$0) }
            html.element("body") { Self.writeBody(document, to: &$0) }
        }
        self.html = html.bytes
        styleHash = Self.hash(of: StyleSheet.text)
    }

    private static func hash(of style: StaticString) -> String {
        var bytes: [UInt8] = []
        bytes.append(ascii: style)
        let encoded = Base64URL.encode(SHA256.hash(bytes).bytes).map { byte in
            switch byte {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            default: byte
            }
        }
        // 32 bytes make 43 characters and one of padding.
        return "\(String(decoding: encoded, as: UTF8.self))="
    }

    private static func writeHead(_ document: OpenAPIDocument, to html: inout HTMLWriter) {
        html.markup("<meta charset=\"utf-8\">")
        html.markup("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
        html.markup("<meta name=\"color-scheme\" content=\"light dark\">")
        html.element("title", text: "\(title(document)): API")
        html.element("style") { $0.markup(StyleSheet.text) }
    }

    private static func title(_ document: OpenAPIDocument) -> String {
        document.root["info"]?["title"]?.string ?? "API"
    }

    private static func writeBody(_ document: OpenAPIDocument, to html: inout HTMLWriter) {
        let groups = groups(document)
        html.element("a", [("class", "skip"), ("href", "#content")], text: "Skip to the content")
        html.element("nav", [("aria-label", "Operations")]) { writeNavigation(groups, to: &$0) }
        html.element("main", [("id", "content")]) { html in
            html.element("h1") { html in
                html.text(title(document))
                html.markup(" ")
                html.element("small", text: document.root["info"]?["version"]?.plain ?? "")
            }
            html.element("p", [("class", "summary")], text: document.root["info"]?["summary"]?.string ?? "")
            Markdown(document.root["info"]?["description"]?.string ?? "").write(to: &html)
            for group in groups {
                html.element("h2", [("id", "tag-\(group.name)")], text: group.name)
                Markdown(group.description).write(to: &html)
                for operation in group.operations {
                    OperationSection(operation, in: document).write(to: &html)
                }
            }
            writeSecurity(document, to: &html)
            writeShared(document, to: &html)
        }
    }

    private typealias Group = (name: String, description: String, operations: [OpenAPIDocument.Operation])

    /// The operations under their tags, in the order in which the document lists the tags.
    private static func groups(_ document: OpenAPIDocument) -> [Group] {
        (document.root["tags"]?.elements ?? []).map { tag in
            let name = tag["name"]?.string ?? ""
            let operations = document.operations.filter { bytesEqual($0.tag, name) }
            return (name, tag["description"]?.string ?? "", operations)
        }
    }

    private static func writeNavigation(_ groups: [Group], to html: inout HTMLWriter) {
        for group in groups {
            html.element("p") { $0.link(to: "#tag-\(group.name)", text: group.name) }
            html.element("ul") { html in
                for operation in group.operations {
                    html.element("li") { html in
                        html.element("a", [("href", "#\(operation.id)")]) { html in
                            OperationSection.writeMethod(operation.method, to: &html)
                            html.markup(" ")
                            html.text(operation.value["summary"]?.string ?? operation.path)
                        }
                    }
                }
            }
        }
        html.element("p") { $0.link(to: "#security", text: "Credentials") }
        html.element("p") { $0.link(to: "#responses", text: "Refusals") }
    }

    private static func writeSecurity(_ document: OpenAPIDocument, to html: inout HTMLWriter) {
        html.element("h2", [("id", "security")], text: "Credentials")
        for scheme in document.root["components"]?["securitySchemes"]?.members ?? [] {
            html.element("section", [("id", "security-\(scheme.name)")]) { html in
                html.element("h3", text: scheme.name)
                html.element("p", [("class", "summary")]) { html in
                    if let header = scheme.value["name"]?.string {
                        html.text("The value of the header ")
                        html.element("code", text: header)
                    } else {
                        html.element("code", text: "Authorization: \(scheme.value["scheme"]?.string ?? "") …")
                    }
                }
                Markdown(scheme.value["description"]?.string ?? "").write(to: &html)
            }
        }
    }

    private static func writeShared(_ document: OpenAPIDocument, to html: inout HTMLWriter) {
        html.element("h2", [("id", "responses")], text: "Refusals")
        for name in ResponseList.sharedNames(in: document) {
            guard let response = document.root["components"]?["responses"]?[name] else { continue }
            html.element("section", [("id", "response-\(name)"), ("class", "operation")]) { html in
                html.element("h3", text: name)
                html.element("p") { Markdown.write(response["description"]?.string ?? "", to: &$0) }
                ResponseList.writeContent(response, in: document, to: &html)
            }
        }
    }
}
