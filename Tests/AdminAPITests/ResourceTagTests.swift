import Primitives
import Testing

@testable import AdminAPI

@Suite("Entity-tags of resources: RFC 9110 §8.8.3, §13.1.1")
struct ResourceTagTests {
    private func tag(_ json: String) throws -> String {
        ResourceTag.tag(of: try JSONValue(parsing: Array(json.utf8)))
    }

    @Test
    func `a tag follows every member but those that use alone changes, and the secret`() throws {
        let first = try tag(#"{"name":"a","scopes":["b"]}"#)
        #expect(first.hasPrefix("\"") && first.hasSuffix("\"") && first.utf8.count == 18)
        #expect(try tag(#"{"name":"a","scopes":["b"]}"#) == first)
        #expect(try tag(#"{"name":"a","scopes":["b"],"last_used_at":"x","last_used_ip":null}"#) == first)
        #expect(try tag(#"{"key":"tbk_","name":"a","scopes":["b"]}"#) == first)
        for other in [#"{"name":"A","scopes":["b"]}"#, #"{"name":"a","scopes":[]}"#, #"{"name":"a"}"#] {
            #expect(try tag(other) != first)
        }
        // Two spellings of one text are two names.
        #expect(try tag(#"{"name":"\u00e9"}"#) != tag(#"{"name":"e\u0301"}"#))
    }

    @Test(arguments: [
        (fields: ["\"a\""], matches: true), (["\"b\" , \"a\""], true), (["\"b\"", "\"a\""], true),
        (["*"], true),
        (["W/\"a\""], false), (["a"], false), (["\"b\""], false), ([""], false), (["\"A\""], false),
    ])
    func `If-Match is compared strongly, as bytes, in a list`(fields: [String], matches: Bool) {
        #expect(ResourceTag.matches(ResourceTag.entries(of: fields), "\"a\"") == matches)
    }
}
