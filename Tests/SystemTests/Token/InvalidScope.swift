import Primitives
import Testing

@Suite("Token endpoint, invalid_scope: RFC 6749 §3.3", .serialized, .booth)
struct InvalidScope {
    private func refused(_ scope: String, _ key: String, _ location: SourceLocation = #_sourceLocation) throws
    {
        let response = try Booth.current.token(TokenCall(key: key, [("scope", scope)]))
        #expect(
            response.status == 400 && response.error == "invalid_scope",
            "\(response.text)",
            sourceLocation: location
        )
    }

    // threats: SCP-01, SCP-03
    @Test(arguments: [
        "admin", "read write admin", "read:all", "read*", "Read", "READ", "rea", "readx", "keys:read", "*",
    ])
    func `a scope that the key does not hold is refused, never dropped`(scope: String) throws {
        try refused(scope, try Booth.current.makeKey().secret)
    }

    // threats: SCP-02
    @Test(arguments: [
        "read\"", "read\\", "read\twrite", "é", "e\u{301}", "😀", "read  write", " read", "read ", " ",
        "read\nwrite", "read\u{7F}",
        "read\u{A0}write",
    ])
    func `what is no list of scope tokens is refused`(scope: String) throws {
        try refused(scope, try Booth.current.makeKey().secret)
    }

    // threats: SCP-02
    @Test
    func `duplicates collapse, and thousands of tokens are refused`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey().secret
        let response = try booth.token(TokenCall(key: key, [("scope", "write write read write")]))
        #expect(response.json?["scope"]?.string == "write read")
        try refused((0..<4_000).map { "s\($0)" }.joined(separator: " "), key)
    }

    // threats: LOG-02
    @Test
    func `an API key in the place of a scope is not logged`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey().secret
        for scope in [key, "x" + key, "urn:\(key)"] { try refused(scope, key) }
        for audience in [key, "urn:\(key)"] {
            #expect(try booth.token(TokenCall(key: key, [("audience", audience)])).error == "invalid_target")
        }
    }
}
