import Primitives
import Testing

@Suite("Admin API from outside: RFC 6750 §3, RFC 9457", .serialized, .booth)
struct AdminRefusals {
    private func problem(
        _ response: HTTPResponse,
        _ status: Int,
        _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(response.status == status, "\(response.text)", sourceLocation: location)
        #expect(response["content-type"] == "application/problem+json", sourceLocation: location)
        #expect(response["cache-control"] == "no-store", sourceLocation: location)
        #expect(response.json?["status"]?.integer == Int64(status), sourceLocation: location)
        #expect(response.json?["request_id"]?.string == response["x-request-id"], sourceLocation: location)
    }

    @Test
    func `without a valid credential every operation is 401 with a challenge`() throws {
        let booth = try Booth.current
        for credential in [
            [], ["Authorization: Bearer nonsense"], ["Authorization: Bearer a.b.c"], ["X-API-Key: tbk_x"],
            ["Authorization: Basic Og=="],
        ] {
            for (method, path) in [
                ("GET", "keys"), ("POST", "keys"), ("DELETE", "scopes/x"), ("PATCH", "projects/x"),
                ("GET", "audiences"),
            ] {
                let response = try booth.get(
                    "/admin/v1/" + path,
                    method: method,
                    headers: credential,
                    from: .admin
                )
                problem(response, 401)
                let challenge = response["www-authenticate"] ?? ""
                #expect(challenge.hasPrefix("Bearer realm=\"tokenbooth\""))
            }
        }
    }

    // threats: ADM-01
    @Test
    func `a token for another audience, or of a key that is gone, opens nothing`() throws {
        let booth = try Booth.current
        let plain = try booth.makeKey()
        let token = try #require(try booth.token(TokenCall(key: plain.secret)).json?["access_token"]?.string)
        problem(try booth.admin("GET", "keys", key: token), 401)
        problem(try booth.admin("GET", "keys", key: plain.secret), 401)

        let members =
            "\"admin_role\":\"admin\",\"audiences\":[\"urn:tokenbooth:admin\"],\"scopes\":[\"keys:read\"]"
        let admin = try booth.makeKey(members)
        let adminToken = try #require(
            try booth.token(TokenCall(key: admin.secret)).json?["access_token"]?.string
        )
        #expect(try booth.admin("GET", "keys", key: adminToken).status == 200)
        problem(try booth.admin("POST", "keys", "{\"name\":\"x\"}", key: adminToken), 403)
        problem(try booth.admin("GET", "keys/\(plain.id)", key: adminToken), 404)
        #expect(try booth.admin("POST", "keys/\(admin.id)/disable").status == 200)
        problem(try booth.admin("GET", "keys", key: adminToken), 401)
    }

    @Test
    func `the listener answers for its own names only`() throws {
        let booth = try Booth.current
        func status(_ host: String) throws -> Int {
            try booth.send("GET /healthz HTTP/1.1\r\nHost: \(host)\r\n\r\n", to: .admin).status
        }
        for host in [
            "localhost", "LOCALHOST", "127.0.0.1", "localhost:\(booth.adminPort)",
            "127.0.0.1:\(booth.adminPort)",
        ] {
            #expect(try status(host) == 200, "\(host)")
        }
        for host in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "", "[::1]"] {
            #expect(try [421, 400].contains(status(host)), "\(host)")
        }
    }

    // threats: SQL-02, ADM-01
    @Test(arguments: [
        "", "{", "[]", "null", "{\"name\":\"a\",\"name\":\"b\"}", "{\"name\":\"a\\u0000\"}",
        "{\"name\":1e400}", "{\"name\":\"\\ud800\"}",
        "{\"name\":\"x\",\"access_token_ttl\":99999999999999999999}",
        "{\"name\":\"x\",\"access_token_ttl\":1e400}",
        "{\"name\":\"x\",\"id\":\"key_1\"}", "{\"name\":\"x\",\"role\":\"admin\"}",
        "{\"name\":\"x\",\"created_at\":\"2026-01-01T00:00:00Z\"}",
        "{\"name\":\"x\",\"claims\":{\"iss\":\"y\"}}", "{\"name\":\"x\",\"scopes\":[\"nowhere\"]}",
        "{\"name\":\"x\"} x",
    ])
    func `input that cannot stand changes nothing and says where it is wrong`(body: String) throws {
        let booth = try Booth.current
        let collections = ["keys", "projects", "scopes", "audiences"]
        let before = try collections.map { try booth.listed($0) }
        #expect(!before[0].isEmpty)
        let response = try booth.admin("POST", "keys", body)
        #expect((400..<500).contains(response.status), "\(response.text)")
        problem(response, response.status)
        #expect(response.json?["key"] == nil)
        #expect(try collections.map { try booth.listed($0) } == before)
    }

    @Test
    func `JSON a hundred thousand levels deep is refused`() throws {
        let booth = try Booth.current
        let before = try booth.listed("keys")
        let deep =
            "{\"name\":\"x\",\"claims\":" + String(repeating: "{\"a\":", count: 12_000) + "1"
            + String(repeating: "}", count: 12_001)
        #expect((400..<500).contains(try booth.admin("POST", "keys", String(deep.prefix(65_000))).status))
        let arrays = String(repeating: "[", count: 60_000)
        #expect((400..<500).contains(try booth.admin("POST", "keys", arrays).status))
        #expect(try booth.listed("keys") == before)
    }
}
