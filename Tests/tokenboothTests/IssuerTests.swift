import Testing

@testable import tokenbooth

@Suite("Issuer: RFC 8414 §2")
struct IssuerTests {
    @Test(arguments: [
        ("https://auth.example", "auth.example", ""),
        ("https://auth.example/tenant/a", "auth.example", "/tenant/a"),
        ("https://auth.example:8443/x", "auth.example", "/x"),
        ("http://127.0.0.1:8080", "127.0.0.1", ""),
        ("http://[::1]:8080/x", "::1", "/x"),
        ("https://[2001:db8::1]", "2001:db8::1", ""),
        ("http://localhost", "localhost", ""),
    ])
    func `a plain URL is taken as it is`(text: String, host: String, path: String) throws {
        let issuer = try Issuer(parsing: text)
        #expect(issuer.url == text)
        #expect(issuer.host == host)
        #expect(issuer.path == path)
    }

    @Test(arguments: [
        "", "auth.example", "ftp://auth.example", "HTTPS://auth.example", "https://", "https://Auth.example",
        "https://auth.example/", "https://auth.example/a/", "https://auth.example?x",
        "https://auth.example/#",
        "https://user@auth.example", "https://user:pw@auth.example", "https://auth.example:0",
        "https://auth.example:",
        "https://auth.example:65536", "https://auth.example:0443", "https://auth.example/a//b",
        "https://auth.example/./a", "https://auth.example/../a", "https://auth.example/a%2Fb",
        "https://auth.example/ä",
        "https://auth example", "https://auth.example\n", "https://127.1", "https://0x7f.1",
        "https://010.0.0.1",
        "https://[::1", "https://::1", "https://[127.0.0.1]", "https://-a.example", "https://a..example",
        "https://auth.example/" + String(repeating: "a", count: 600),
    ])
    func `any other spelling is refused`(text: String) {
        #expect(throws: Issuer.Mistake.self) { try Issuer(parsing: text) }
    }

    @Test(arguments: [
        ("http://127.0.0.1:1", true), ("http://127.9.9.9:1", true), ("http://[::1]", true),
        ("http://localhost:1", true),
        ("http://localhost.example", false), ("http://10.0.0.1", false), ("http://128.0.0.1", false),
    ])
    func `loopback is an address of this machine or localhost`(text: String, expected: Bool) throws {
        #expect(try Issuer(parsing: text).isLoopback == expected)
    }
}
