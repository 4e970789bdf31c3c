import Primitives
import Testing

@Suite("Audit trail", .serialized, .booth(configuration: "refresh: {grace: 0}"))
struct Trail {
    private func events(_ query: String) throws -> [JSONObject] {
        let response = try Booth.current.admin("GET", "audit?limit=200&\(query)")
        #expect(response.status == 200, "\(response.text)")
        return response.json?["items"]?.array?.compactMap(\.object) ?? []
    }

    @Test
    func `every administrative change is an event, the latest first`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        _ = try booth.admin("POST", "keys/\(key.id)/disable", headers: ["X-Request-Id: audited-1"])
        _ = try booth.admin("PATCH", "keys/\(key.id)", "{\"name\":\"nobody\",\"scopes\":[\"nowhere\"]}")
        _ = try booth.admin("DELETE", "keys/\(key.id)")
        let events = try events("target=\(key.id)")
        #expect(events.compactMap { $0["action"]?.string } == ["delete_key", "disable_key", "create_key"])
        let disabled = try #require(events.dropFirst().first)
        #expect(disabled["request_id"]?.string == "audited-1" && disabled["ip"]?.string == "127.0.0.1")
        #expect(disabled["actor"]?.string?.hasPrefix("key_") == true)
        #expect(disabled["changes"]?.object?["status"]?.object?["to"]?.string == "disabled")
    }

    // threats: REF-02
    @Test
    func `a spent refresh token that comes back is an event of the key that sent it`() throws {
        let booth = try Booth.current
        let key = try booth.makeRefreshingKey()
        let first = try booth.exchanged(key)
        _ = try booth.refreshToken(booth.refresh(first, key))
        #expect(try booth.refresh(first, key).error == "invalid_grant")
        let events = try events("actor=\(key.id)&action=refresh_reuse")
        #expect(events.count == 1)
        #expect(events.first?["target"]?.string?.hasPrefix("fam_") == true)
    }

    // threats: REF-05
    @Test
    func `a refresh that comes again from another address is one event, however often it comes`() throws {
        let booth = try Booth(configuration: "trusted_proxies: [127.0.0.1]\nrefresh: {grace: 60}")
        let key = try booth.makeRefreshingKey()
        let first = try booth.exchanged(key)
        func refresh(from address: String) throws -> String {
            var call = TokenCall(refreshing: first, key: key.secret)
            call.headers.append("X-Forwarded-For: \(address)")
            return try booth.refreshToken(booth.token(call))
        }
        let successor = try refresh(from: "192.0.2.1")
        #expect(try refresh(from: "192.0.2.1") == successor)
        let list = "audit?limit=200&action=refresh_replayed"
        #expect(try booth.admin("GET", list).json?["items"]?.array?.isEmpty == true)
        for _ in 0..<3 { #expect(try refresh(from: "192.0.2.2") == successor) }
        let events = try #require(try booth.admin("GET", list).json?["items"]?.array)
        #expect(events.count == 1)
        #expect(events.first?.object?["actor"]?.string == key.id)
        #expect(events.first?.object?["ip"]?.string == "192.0.2.2")
        booth.stop()
    }

    @Test
    func `a key that revokes itself, and the making of signing keys, are events`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        let body = "token=\(key.secret)&token_type_hint=urn:tokenbooth:token-type:api-key"
        let head = Booth.head(
            "POST",
            "/oauth2/revoke",
            ["Content-Type: application/x-www-form-urlencoded", "Content-Length: \(body.utf8.count)"]
        )
        #expect(try booth.send(head + "\r\n" + body).status == 200)
        let revoked = try events("target=\(key.id)&action=revoke_key")
        #expect(revoked.count == 1 && revoked.first?["actor"]?.string == key.id)
        #expect(revoked.first?["ip"]?.string == "127.0.0.1" && revoked.first?["request_id"]?.string != "")
        #expect(try events("action=publish_signing_key").first?["actor"]?.string == "system")
        #expect(try events("action=install").count == 1)
    }

    @Test
    func `the trail is in order, and its head is in the metrics`() throws {
        let booth = try Booth.current
        let answer = try #require(try booth.admin("GET", "audit/verify").json)
        #expect(answer["valid"]?.bool == true)
        let metrics = try booth.get("/metrics", from: .admin).text.split(separator: "\n")
        func value(_ name: String) throws -> Int64 {
            let line = try #require(metrics.first { $0.hasPrefix(name + " ") })
            return try #require(line.split(separator: " ").last.flatMap { Int64($0) })
        }
        let number = try value("tokenbooth_audit_events")
        #expect(try number >= #require(answer["last"]?.object?["number"]?.integer))
        let hash = try (0..<8).map { part -> String in
            let digits = String(try value("tokenbooth_audit_head_hash{part=\"\(part)\"}"), radix: 16)
            return String(repeating: "0", count: 8 - digits.count) + digits
        }.joined()
        let again = try booth.admin("GET", "audit/verify?number=\(number)&hash=\(hash)")
        #expect(again.json?["valid"]?.bool == true, "\(again.text)")
        let beyond = try booth.admin("GET", "audit/verify?number=\(number + 1000)&hash=\(hash)")
        #expect(beyond.json?["valid"]?.bool == false, "\(beyond.text)")
    }

    @Test
    func `the command line lists and verifies, also a copy`() throws {
        let booth = try Booth.current
        let directory = try TemporaryDirectory()
        func command(_ arguments: [String]) throws -> (ending: ChildProcess.Ending?, output: String) {
            let output = directory.path + "/output-\(arguments.joined(separator: "-").utf8.count)"
            let process = try ChildProcess(
                [Booth.binary] + arguments,
                environment: [
                    "TOKENBOOTH_KEY": booth.rootKey, "TOKENBOOTH_URL": "http://127.0.0.1:\(booth.adminPort)",
                ],
                output: output
            )
            let ending = process.wait(seconds: 20)
            return (ending, directory.text(of: String(output.dropFirst(directory.path.utf8.count + 1))))
        }
        let list = try command(["audit", "list", "--action", "install", "-o", "json"])
        #expect(list.ending == .exited(0) && list.output.contains("\"action\":\"install\""))
        #expect(try command(["audit", "list", "--limit", "1"]).ending == .exited(0))
        let verified = try command(["audit", "verify", "-o", "json"])
        #expect(verified.ending == .exited(0) && verified.output.contains("\"valid\":true"))
        #expect(try command(["audit", "verify", "-q", "-o", "json"]).output.isEmpty)
        let wrong = try command(["audit", "verify", "--number", "1", "--hash", "0000000000"])
        #expect(wrong.ending == .exited(2))
        let copy = directory.path + "/copy.db"
        #expect(try command(["db", "backup", "--file", copy]).ending == .exited(0))
        #expect(try command(["audit", "verify", "--file", copy]).ending == .exited(0))
        #expect(try command(["audit", "verify", "--number", "1"]).ending == .exited(64))
    }
}
