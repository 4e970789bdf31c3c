import HTTPFrontEnd
import Testing

@Suite("Host without its port: RFC 9110 §7.2")
struct HostNameTests {
    @Test(arguments: [
        ("localhost", "localhost"), ("localhost:8081", "localhost"), ("127.0.0.1:8081", "127.0.0.1"),
        ("[::1]:8081", "[::1]"), ("[::1]", "[::1]"),
        ("localhost:", "localhost:"), ("localhost:evil", "localhost:evil"),
        ("localhost:123456", "localhost:123456"),
        ("::1:80", "::1:80"),
    ])
    func `only a port is taken off`(host: String, name: String) {
        #expect(HostName.withoutPort(host) == name)
    }
}
