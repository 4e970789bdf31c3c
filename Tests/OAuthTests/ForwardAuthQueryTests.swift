import Testing

@testable import OAuth

@Suite("The question of a proxy: the query of /forward-auth")
struct ForwardAuthQueryTests {
    private func read(_ query: String) throws(OAuthError) -> ForwardAuthQuery {
        try ForwardAuthQuery(parsing: Array(query.utf8))
    }

    private func texts(_ names: [[UInt8]]) -> [String] { names.map { String(decoding: $0, as: UTF8.self) } }

    @Test
    func `every parameter is read, and those that may repeat are alternatives`() throws {
        let all = try read(
            "audience=https%3A%2F%2Fapi.example&scope=a:b+c%20a:b&role=r&group=g%2F1&group=h&role=s&allow_api_key=1"
        )
        #expect(String(decoding: all.audience, as: UTF8.self) == "https://api.example")
        #expect(texts(all.scope) == ["a:b", "c"])
        #expect(texts(all.roles) == ["r", "s"] && texts(all.groups) == ["g/1", "h"])
        #expect(all.allowsAPIKey)
        let plain = try read("&audience=https://api.example&")
        #expect(plain.scope.isEmpty && plain.roles.isEmpty && plain.groups.isEmpty && !plain.allowsAPIKey)
    }

    // threats: FWD-01
    @Test(arguments: [
        "", "&", "audience", "audience=", "audience=a&audience=a", "audience=a%20b", "audience=%C3%A9",
        "audience=%ZZ", "audience=a%00", "audience=%FF",
    ])
    func `an audience is named once and visible`(query: String) {
        #expect(throws: OAuthError.self) { try read(query) }
    }

    // threats: FWD-01
    @Test(arguments: [
        "scope=", "scope", "scope=a&scope=b", "scope=+a", "scope=a++b", "scope=a%2Cb", "role=", "role",
        "role=a+b",
        "role=a,b", "role=r&role=", "group=", "group=%22", "group=a%0D%0Ab", "group=g&group=%C3%A9",
        "allow_api_key=", "allow_api_key=0", "allow_api_key=true", "allow_api_key=1&allow_api_key=1",
        "groups=g", "Group=g", "group[]=g", "access_token=x", "x", "=g", "%67roups=g", "grou%70s=g",
    ])
    func `a condition that is empty, misspelt, repeated or cannot be met is refused, never dropped`(
        query: String
    ) {
        for text in ["audience=a&\(query)", "\(query)&audience=a"] {
            let error = #expect(throws: OAuthError.self, "\(text)") { try read(text) }
            #expect(error?.code == .invalidRequest)
            // The log of a proxy may show it: nothing of the query is repeated.
            #expect(error?.detail == nil)
        }
    }

    @Test
    func `names and audiences are as long as they can be given`() throws {
        let name = String(repeating: "n", count: 64)
        #expect(try read("audience=a&group=\(name)").groups.count == 1)
        #expect(throws: OAuthError.self) { try read("audience=a&group=\(name)n") }
        let audience = String(repeating: "a", count: 512)
        #expect(try read("audience=\(audience)").audience.count == 512)
        #expect(throws: OAuthError.self) { try read("audience=\(audience)a") }
    }
}
