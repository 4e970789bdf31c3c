import Foundation
import Primitives
import Testing

@testable import HTTPFrontEnd

@Suite("The page at /docs")
struct DocumentationPageTests {
    /// Our own document, as it is served.
    private static func document() throws -> [UInt8] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return [UInt8](try Data(contentsOf: root.appending(path: "openapi.yaml")))
    }

    private static func page() throws -> String {
        String(decoding: try DocumentationPage(openAPI: document()).html, as: UTF8.self)
    }

    /// A document with one operation, whose texts are all `text`.
    private static func small(_ text: String) -> [UInt8] {
        let quoted = "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
        return Array(
            """
            openapi: 3.1.0
            info: {title: \(quoted), version: '1', description: \(quoted)}
            tags: [{name: Things, description: \(quoted)}]
            paths:
              /things:
                post:
                  operationId: makeThing
                  tags: [Things]
                  summary: \(quoted)
                  description: \(quoted)
                  parameters:
                    - name: a
                      in: query
                      description: \(quoted)
                      schema: {type: string, pattern: \(quoted)}
                      example: \(quoted)
                  requestBody:
                    content:
                      application/json:
                        schema: {type: object, properties: {colour: {enum: [\(quoted)], description: \(quoted)}}}
                        example: {colour: \(quoted)}
                  responses:
                    '200': {description: \(quoted)}
            """.utf8
        )
    }

    private static func html(_ text: String) throws -> String {
        String(decoding: try DocumentationPage(openAPI: small(text)).html, as: UTF8.self)
    }

    @Test
    func `every operation has a section and a place in the navigation`() throws {
        let page = try Self.page()
        let operations = try OpenAPIDocument(parsing: Self.document()).operations
        #expect(operations.count >= 30)
        for operation in operations {
            let hasSection = page.contains("<section id=\"\(operation.id)\"")
            let hasLink = page.contains("<a href=\"#\(operation.id)\">")
            #expect(hasSection && hasLink, "\(operation.id)")
        }
    }

    @Test
    func `every link within the page leads somewhere and no name is given twice`() throws {
        let page = try Self.page()
        let names = page.matches(of: /\sid="([^"]*)"/).map { String($0.output.1) }
        let targets = page.matches(of: /href="#([^"]*)"/).map { String($0.output.1) }
        #expect(Set(names).count == names.count)
        #expect(targets.count > 100)
        #expect(Set(targets).subtracting(names).isEmpty)
    }

    @Test
    func `parameters, nested members, examples, headers and refusals are all shown`() throws {
        let page = try Self.page()
        for text in [
            "<code>limit</code>", "1 to 200", "default 50", "<code>items[].allowed_ips</code>",
            "<code>X-API-Key</code>", "<code>errors[].pointer</code>", "keys:write",
            "<code>Retry-After</code>",
            "grant_type=client_credentials\n&amp;client_id=key_", "Coordinate, or the whole Ed25519 key.",
            "&quot;key&quot;: &quot;tbk_0123456789ABCDEFGHIJabcdefghij3pQYh7&quot;", "string or null",
            "<code>application/merge-patch+json</code> or <code>application/json</code>",
            "<a href=\"#response-Conflict\">409 Conflict</a>",
        ] {
            let isShown = page.contains(text)
            #expect(isShown, "\(text)")
        }
    }

    @Test
    func `every parameter has an example on the page`() throws {
        let document = try OpenAPIDocument(parsing: Self.document())
        for operation in document.operations {
            for parameter in operation.parameters.map(document.resolve) {
                var html = HTMLWriter()
                SchemaFacts(parameter: parameter, in: document).writeType(to: &html)
                let text = String(decoding: html.bytes, as: UTF8.self)
                let isShown = text.contains(/for example:<\/span> <code>[^<]+<\/code>/)
                #expect(isShown, "\(operation.id) \(parameter["name"]?.string ?? ""): \(text)")
            }
        }
        let page = try Self.page()
        for example in [
            "nightly-2026-11-21.7", "&quot;VdJKvd5sErDYHLl2&quot;", "true", "partners", "nightly-",
        ] {
            let isShown = page.contains("<span>for example:</span> <code>\(example)</code>")
            #expect(isShown, "\(example)")
        }
    }

    @Test
    func `the page loads nothing and runs nothing`() throws {
        let page = try Self.page()
        for trace in [
            "<script", "<link", "<img", "<iframe", "<form", " src=", " style=", "@import", "url(", " on",
        ] {
            let tags = page.matches(of: /<[^>]*>/).map { String($0.output) }
            #expect(!tags.contains { $0.contains(trace) }, "\(trace)")
        }
        #expect(page.matches(of: /<style>/).count == 1)
    }

    @Test
    func `the hash is that of the style element`() throws {
        let made = try DocumentationPage(openAPI: Self.document())
        let page = String(decoding: made.html, as: UTF8.self)
        let style = try #require(page.firstMatch(of: /<style>([\s\S]*)<\/style>/)).output.1
        let digest = SHA256.hash(Array(style.utf8)).bytes
        #expect(made.styleHash == Data(digest).base64EncodedString())
    }

    @Test(arguments: [
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='x",
        "</style><script>",
        "[x](javascript:alert(1))", "**<b>**", "`</code><i>`", "[a](https://x\"onclick=\"y)",
    ])
    func `no text of the document becomes markup`(text: String) throws {
        let plain = try Self.html("plain")
        let page = try Self.html(text)
        let tags = { (html: String) in
            Set(html.matches(of: /<[a-z]+/).map { String($0.output) })
        }
        #expect(tags(page).subtracting(tags(plain)).isSubset(of: ["<strong", "<code", "<a"]))
        #expect(!page.contains("javascript:\"") && !page.contains("href=\"javascript"))
        #expect(!page.contains("\"onclick="))
    }

    @Test
    func `descriptions may use paragraphs, lists, code, bold and links`() {
        let source = """
            One **two** `three`
            four [five](https://example.org/?a=b&c=d).

            - six
              seven
            - eight

            ```
            nine  <ten>
            ```
            """
        var html = HTMLWriter()
        Markdown(source).write(to: &html)
        #expect(
            String(decoding: html.bytes, as: UTF8.self)
                == "<p>One <strong>two</strong> <code>three</code>\nfour "
                + "<a href=\"https://example.org/?a=b&amp;c=d\">five</a>.</p>"
                + "<ul><li>six\nseven</li><li>eight</li></ul><pre><code>nine  &lt;ten&gt;</code></pre>"
        )
    }

    @Test(arguments: ["**", "`", "``", "[a]", "[a](b", "****", "** **", "a`b", "```"])
    func `markup that does not end is text`(source: String) {
        var html = HTMLWriter()
        Markdown(source).write(to: &html)
        #expect(!String(decoding: html.bytes, as: UTF8.self).contains("<a"))
    }

    @Test(arguments: [
        "", "a: [", "openapi: 3.0.3\npaths: {}", "openapi: 3.1.0", "- openapi",
        "openapi: 3.1.0\npaths: {/a: {get: {responses: {'200': {$ref: '#/components/nowhere'}}}}}",
        "openapi: 3.1.0\npaths: {/a: {get: {responses: {'200': {$ref: 'https://example.org/x'}}}}}",
    ])
    func `what is no OpenAPI document, or not a whole one, is refused`(yaml: String) {
        #expect(throws: (any Error).self) { try DocumentationPage(openAPI: Array(yaml.utf8)) }
    }

    @Test
    func `a schema that refers to itself ends`() throws {
        let yaml = """
            openapi: 3.1.0
            tags: [{name: A}]
            paths:
              /a:
                get:
                  operationId: a
                  tags: [A]
                  responses:
                    '200':
                      description: x
                      content: {application/json: {schema: {$ref: '#/components/schemas/Tree'}}}
            components:
              schemas:
                Tree: {type: object, properties: {child: {$ref: '#/components/schemas/Tree'}}}
                Loop: {$ref: '#/components/schemas/Loop'}
            """
        let page = try DocumentationPage(openAPI: Array(yaml.utf8))
        #expect(String(decoding: page.html, as: UTF8.self).contains("child.child"))
    }
}
