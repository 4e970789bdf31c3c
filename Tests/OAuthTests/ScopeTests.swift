import OAuth
import Testing

@Suite("Scope: RFC 6749 §3.3")
struct ScopeTests {
    // threats: SCP-02
    @Test(arguments: ["a\"b", "a\\b", "a\tb", "é", "😀", "a  b", " a", "a ", ""])
    func `what is no list of scope tokens is invalid_scope`(text: String) {
        let refusal = #expect(throws: OAuthError.self) { try Scope(parsing: Array(text.utf8)) }
        #expect(refusal?.code == .invalidScope)
    }

    @Test
    func `duplicates collapse and the order stays`() throws {
        let scope = try Scope(parsing: Array("b a b a".utf8))
        #expect(scope.tokens == [Array("b".utf8), Array("a".utf8)])
    }

    @Test
    func `ten thousand tokens are refused`() {
        let text = (0..<10_000).map { "s\($0)" }.joined(separator: " ")
        #expect(throws: OAuthError.self) { try Scope(parsing: Array(text.utf8)) }
    }
}
