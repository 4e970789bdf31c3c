import Primitives
import Testing

@Suite("Token endpoint, invalid_target: RFC 8707 §2, RFC 8693 §2.2.2", .serialized, .booth)
struct InvalidTarget {
    private func refused(
        _ name: String,
        _ value: String,
        _ key: String,
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let response = try Booth.current.token(TokenCall(key: key, [(name, value)]))
        #expect(
            response.status == 400 && response.error == "invalid_target",
            "\(response.text)",
            sourceLocation: location
        )
    }

    // threats: SCP-04
    @Test(arguments: [
        "api", "/api", "//api.example", "https://api.example#", "https://api.example#x",
        "https://other.example", "https:",
        ":x", "1http://x", "https://api.example/", "HTTPS://api.example", "https://api.example ",
        "https://äpi.example",
    ])
    func `a resource that is relative, has a fragment or is not the key's is refused`(resource: String) throws
    {
        try refused("resource", resource, try Booth.current.makeKey().secret)
    }

    // threats: SCP-04
    @Test(arguments: ["urn:another", "URN:OTHER", "urn:tokenbooth:admin", "urn:othe", "urn:other "])
    func `an audience that is not the key's is refused`(audience: String) throws {
        try refused("audience", audience, try Booth.current.makeKey().secret)
    }

    // threats: SCP-04
    @Test
    func `a thousand resources are refused`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey().secret
        let many = (0..<1_000).map { ("resource", "urn:r:\($0)") }
        #expect(try booth.token(TokenCall(key: key, many)).error == "invalid_target")
        let same = [(String, String)](repeating: ("audience", "urn:other"), count: 900)
        #expect(try booth.token(TokenCall(key: key, same)).status == 200)
    }

    @Test
    func `the admin audience never stands beside another, nor do audiences of different tokens`() throws {
        let booth = try Booth.current
        let admin = try booth.makeKey("\"audiences\":[\"urn:other\",\"urn:tokenbooth:admin\"]").secret
        #expect(try booth.token(TokenCall(key: admin, [("audience", "urn:tokenbooth:admin")])).status == 200)
        let both = [("audience", "urn:tokenbooth:admin"), ("audience", "urn:other")]
        #expect(try booth.token(TokenCall(key: admin, both)).error == "invalid_target")

        let created = try booth.admin("POST", "audiences", "{\"name\":\"urn:plain\",\"typ\":\"JWT\"}")
        #expect(created.status == 201, "\(created.text)")
        let mixed = try booth.makeKey("\"audiences\":[\"urn:other\",\"urn:plain\"]").secret
        let two = [("audience", "urn:plain"), ("audience", "urn:other")]
        #expect(try booth.token(TokenCall(key: mixed, two)).error == "invalid_target")
        #expect(try booth.token(TokenCall(key: mixed, [("audience", "urn:plain")])).status == 200)
    }
}
