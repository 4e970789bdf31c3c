import Foundation
import Primitives
import Testing

/// A service that verifies nothing, behind nginx with the configuration of docs/operations.md.
@Suite(
    "A service that verifies nothing: docs/operations.md",
    .enabled(if: Repository.has(Proxy.program), "nginx is not installed")
)
struct Guarded {
    private static let audience = "https://reports.example"

    private let booth: Booth
    private let service: Impostor
    private let proxy: Proxy

    init() throws {
        let free = try Impostor { _, _ in nil }.port
        booth = try Booth(
            ["--issuer", "https://auth.example:\(free)"],
            configuration: "trusted_proxies: [127.0.0.1]\n"
        )
        // It repeats what it was sent, in the case that nginx gives to field names.
        service = try Impostor { head, _ in Impostor.response("200 OK", head) }
        proxy = try Proxy(for: booth, port: free, service: service.port)
        try booth.makeNames(roles: ["reader"], groups: ["partners", "staff"])
    }

    private func key(_ members: String = "\"groups\":[\"partners\"]") throws -> MadeKey {
        try booth.makeKey("\"audiences\":[\"\(Self.audience)\"],\(members)")
    }

    /// With a credential that stands in no process list.
    private func ask(_ credential: String?, _ path: String = "/report", _ arguments: [String] = []) throws
        -> String
    {
        var arguments = arguments
        if let credential {
            let file = try booth.directory.file("curl.\(UUID().uuidString)", "header = \"\(credential)\"\n")
            arguments += ["-K", file]
        }
        return try proxy.curl(path, arguments, of: "reports.example")
    }

    private func bearer(_ key: MadeKey) throws -> String {
        "Authorization: Bearer \(try booth.accessToken(key))"
    }

    // threats: FWD-03
    @Test
    func `a token with the group comes in, one without it is 403, and none is 401 with a challenge`() throws {
        let (partner, stranger) = (try key(), try key("\"groups\":[\"staff\"]"))
        let token = try bearer(partner)
        let answer = try ask(token)
        #expect(answer.hasPrefix("HTTP/2 200"), "\(answer)\(proxy.log)")
        #expect(answer.contains("X-Auth-Client-Id: \(partner.id)\r\n"))
        #expect(
            answer.contains("X-Auth-Groups: partners\r\n") && answer.contains("X-Auth-Scope: read write\r\n")
        )
        #expect(answer.contains(token), "its own token goes on to the service")
        #expect(try ask(bearer(stranger)).hasPrefix("HTTP/2 403"))
        let refused = try ask(nil)
        #expect(refused.hasPrefix("HTTP/2 401"), "\(refused)")
        #expect(
            refused.lowercased().contains("www-authenticate: bearer realm=\"tokenbooth\"\r\n"),
            "\(refused)"
        )
        let bad = try ask("Authorization: Bearer a.b.c").lowercased()
        #expect(bad.hasPrefix("http/2 401") && bad.contains("error=\"invalid_token\""), "\(bad)")
        #expect(try ask(nil, "/public/page").hasPrefix("HTTP/2 200"))
        #expect(try ask(token, "/.forward-auth").hasPrefix("HTTP/2 404"))
        try AfterEachTest.check(booth)
    }

    // threats: FWD-02
    @Test
    func `the first request after a revocation is refused, whatever was revoked`() throws {
        let partner = try key()
        let (first, second) = (try booth.accessToken(partner), try booth.accessToken(partner))
        #expect(try ask("Authorization: Bearer \(first)").hasPrefix("HTTP/2 200"))
        #expect(try booth.revoke(first, by: partner).status == 200)
        #expect(try ask("Authorization: Bearer \(first)").hasPrefix("HTTP/2 401"))
        #expect(try ask("Authorization: Bearer \(second)").hasPrefix("HTTP/2 200"))
        #expect(try ask("X-API-Key: \(partner.secret)").hasPrefix("HTTP/2 200"))
        #expect(try booth.admin("DELETE", "keys/\(partner.id)").status == 204)
        #expect(try ask("Authorization: Bearer \(second)").hasPrefix("HTTP/2 401"))
        #expect(try ask("X-API-Key: \(partner.secret)").hasPrefix("HTTP/2 401"))
        try AfterEachTest.check(booth)
    }

    // threats: FWD-04
    @Test
    func `what a client writes about itself reaches no service`() throws {
        let partner = try key()
        let lies = ["Client-Id", "Subject", "Scope", "Roles", "Groups", "Token"].flatMap {
            ["-H", "X-Auth-\($0): liar"]
        }
        let answer = try ask(bearer(partner), "/report", lies)
        #expect(answer.hasPrefix("HTTP/2 200") && !answer.contains("liar"), "\(answer)")
        #expect(answer.contains("X-Auth-Subject: \(partner.id)\r\n"))
        let open = try ask(nil, "/public/page", lies)
        #expect(open.hasPrefix("HTTP/2 200") && !open.contains("liar"), "\(open)")
        for credential in ["X-API-Key: \(partner.secret)", try bearer(partner)] {
            let answer = try ask(credential, "/public/page")
            let seen = answer.contains("tbk_") || answer.contains("Bearer ")
            #expect(answer.hasPrefix("HTTP/2 200") && !seen, "\(answer)")
        }
        try AfterEachTest.check(booth)
    }

    // threats: FWD-05
    @Test
    func `in place of an API key the service gets a token, and its limits and addresses count`() throws {
        let here = "\"allowed_ips\":[\"127.0.0.1\"],\"rate_limit\":{\"requests\":1,\"seconds\":3600}"
        let partner = try key("\"groups\":[\"partners\"],\(here)")
        let answer = try ask("X-API-Key: \(partner.secret)")
        #expect(answer.hasPrefix("HTTP/2 200") && !answer.contains(partner.secret), "\(answer)")
        let name = "Authorization: Bearer "
        let sent = try #require(answer.components(separatedBy: "\r\n").first { $0.hasPrefix(name) })
        let claims = try Forge.claims(of: String(sent.dropFirst(name.count)))
        #expect(claims["client_id"]?.string == partner.id && claims["aud"]?.string == Self.audience)
        let limited = try ask("X-API-Key: \(partner.secret)").lowercased()
        #expect(limited.hasPrefix("http/2 429") && limited.contains("retry-after: "), "\(limited)")
        let elsewhere = try key("\"groups\":[\"partners\"],\"allowed_ips\":[\"192.0.2.1\"]")
        let lie = ["-H", "X-Forwarded-For: 192.0.2.1"]
        #expect(try ask("X-API-Key: \(elsewhere.secret)", "/report", lie).hasPrefix("HTTP/2 401"))
        try AfterEachTest.check(booth)
    }

    // threats: FWD-06
    @Test
    func `a request with a body comes in with it, and the proxy may forget to leave it out of its question`()
        throws
    {
        let token = try bearer(try key())
        let file = try booth.directory.file("body", String(repeating: "a", count: 100))
        let body = ["--data-binary", "@\(file)", "-H", "Expect:"]
        #expect(try ask(token, "/report", body).hasPrefix("HTTP/2 200"))
        let careless = try Proxy(for: booth, port: try Impostor { _, _ in nil }.port, service: service.port) {
            text in
            text.split(separator: "\n", omittingEmptySubsequences: false)
                .filter { !$0.contains("proxy_pass_request_body") && !$0.contains("Content-Length") }
                .joined(separator: "\n")
        }
        for _ in 0..<3 {
            let file = try booth.directory.file("curl.\(UUID().uuidString)", "header = \"\(token)\"\n")
            let answer = try careless.curl("/report", body + ["-K", file], of: "reports.example")
            #expect(answer.hasPrefix("HTTP/2 200"), "\(answer)\(careless.log)")
            #expect(try careless.curl("/report", body, of: "reports.example").hasPrefix("HTTP/2 401"))
        }
        try AfterEachTest.check(booth)
    }

    // threats: FWD-01, FWD-07
    @Test
    func `a question that is not in order, and a service that is gone, let nobody in`() throws {
        let token = try bearer(try key())
        let misspelt = try Proxy(for: booth, port: try Impostor { _, _ in nil }.port, service: service.port) {
            text in
            text.replacing("&group=partners", with: "&groups=partners")
        }
        let file = try booth.directory.file("curl.token", "header = \"\(token)\"\n")
        #expect(try misspelt.curl("/report", ["-K", file], of: "reports.example").hasPrefix("HTTP/2 503"))
        #expect(try ask(token).hasPrefix("HTTP/2 200"))
        booth.stop()
        let gone = try ask(token)
        #expect(gone.hasPrefix("HTTP/2 503"), "\(gone)")
    }
}
