import AdminAPI
import Primitives
import Testing

@Suite("JSON merge patch: RFC 7396")
struct MergePatchTests {
    /// RFC 7396 Appendix A, every row.
    @Test(arguments: [
        (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
        (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
        (#"{"a":"b"}"#, #"{"a":null}"#, #"{}"#),
        (#"{"a":"b","b":"c"}"#, #"{"a":null}"#, #"{"b":"c"}"#),
        (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
        (#"{"a":"c"}"#, #"{"a":["b"]}"#, #"{"a":["b"]}"#),
        (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
        (#"{"a":[{"b":"c"}]}"#, #"{"a":[1]}"#, #"{"a":[1]}"#),
        (#"["a","b"]"#, #"["c","d"]"#, #"["c","d"]"#),
        (#"{"a":"b"}"#, #"["c"]"#, #"["c"]"#),
        (#"{"a":"foo"}"#, "null", "null"),
        (#"{"a":"foo"}"#, #""bar""#, #""bar""#),
        (#"{"e":null}"#, #"{"a":1}"#, #"{"e":null,"a":1}"#),
        ("[1,2]", #"{"a":"b","c":null}"#, #"{"a":"b"}"#),
        ("{}", #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
    ])
    func `every row of Appendix A gives its result`(original: String, patch: String, result: String) throws {
        #expect(text(try json(original).merged(with: try json(patch))) == result)
    }

    @Test
    func `a patch of a key tells absent, null and a value apart`() throws {
        let patch = try KeyPatch(
            parsing: try json(#"{"description":null,"scopes":["a"],"claims":{"x":null}}"#)
        )
        #expect(isNull(patch.description))
        #expect(patch.scopes.value == ["a"])
        #expect(isAbsent(patch.audiences))
        #expect(isAbsent(patch.expiresAt))
        #expect(patch.claims.value?.members.count == 1)
    }

    @Test(arguments: [#"["c"]"#, "null", #""bar""#, "1"])
    func `a patch that would replace the whole object is refused`(patch: String) throws {
        #expect(mistakes { try KeyPatch(parsing: try json(patch)) } == ["": "must be a JSON object"])
    }

    @Test(arguments: ["name", "project"])
    func `what every key has cannot be taken away`(name: String) {
        #expect(
            mistakes { try KeyPatch(parsing: try json(#"{"\#(name)":null}"#)) } == [
                "/\(name)": "cannot be null"
            ]
        )
    }

    private func isNull<Value>(_ member: Member<Value>) -> Bool {
        if case .null = member { true } else { false }
    }
    private func isAbsent<Value>(_ member: Member<Value>) -> Bool {
        if case .absent = member { true } else { false }
    }
}
