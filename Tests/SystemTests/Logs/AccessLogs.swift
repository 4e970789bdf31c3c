import Foundation
import Glibc
import Primitives
import Testing

@Suite("Logs", .serialized, .booth(["--log-level", "trace"]))
struct AccessLogs {
    private static let nasty = [
        "\r", "\n", "\r\n", "\u{85}", "\u{2028}", "\u{1B}[2J", "\"},{\"", "\\", "\u{202E}", "\u{200B}", "😀",
        String(repeating: "e\u{301}", count: 1_000), "e\u{301}", "\u{430}dmin",
    ]

    @Test
    func `each request has one line with status, duration and its id`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        var call = TokenCall(key: key.secret)
        call.headers.append("X-Request-Id: line-1")
        #expect(try booth.token(call).status == 200)
        let line = try #require(booth.logLine(request: "line-1"))
        #expect(line["operation"]?.string == "issueToken" && line["method"]?.string == "POST")
        #expect(line["status"]?.integer == 200 && line["client_id"]?.string == key.id)
        #expect(line["address"]?.string == "127.0.0.1" && (line["duration_us"]?.integer ?? -1) >= 0)
        #expect(booth.log.split(separator: "\n").count { $0.contains("line-1") } == 1)
    }

    @Test
    func `a refusal names the client, and that of a credential whose it would have been`() throws {
        let booth = try Booth.current
        let (key, other) = (try booth.makeKey(), try booth.makeKey())
        let token = try booth.accessToken(other)
        let elsewhere = try booth.makeKey("\"allowed_ips\":[\"192.0.2.1\"]")
        for (call, status, client) in [
            (TokenCall(key: key.secret, [("scope", "beyond")]), 400, key.id),
            (TokenCall(key: key.secret, [("client_id", other.id)]), 400, key.id),
            (TokenCall(presenting: token, to: "revoke", key: key.secret), 400, key.id),
            (TokenCall(key: elsewhere.secret), 401, nil),
            (TokenCall(presenting: token, to: "introspect", key: elsewhere.secret), 401, nil),
        ] {
            let id = UUID().uuidString
            var call = call
            call.headers.append("X-Request-Id: \(id)")
            #expect(try booth.token(call).status == status)
            let line = try #require(booth.logLine(request: id))
            #expect(line["client_id"]?.string == client)
            #expect(client != nil || line["detail"]?.string == "address not allowed: \(elsewhere.id)")
        }
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: LockHolder.python)))
    func `a revocation whose client hangs up before it is durable has its line, too`() throws {
        let booth = try Booth()
        let key = try booth.makeKey()
        // On a very busy machine the lock may be held for longer than the store waits, or be gone before the request comes.
        var wasHeld = false
        for attempt in 1...5 where !wasHeld {
            let token = try booth.accessToken(key)
            let line = try hangUp(booth, revoking: token, of: key, "hung-up-\(attempt)")
            #expect(line["operation"]?.string == "revokeToken")
            guard line["status"]?.integer == 200 else { continue }
            wasHeld = (line["duration_us"]?.integer ?? 0) > 300_000
            #expect(try line["client_id"]?.string == key.id && !booth.isActive(token, for: key))
        }
        #expect(wasHeld)
        booth.stop()
    }

    /// The line of a revocation whose client goes while the writer is held.
    private func hangUp(_ booth: Booth, revoking token: String, of key: MadeKey, _ id: String) throws
        -> JSONObject
    {
        var call = TokenCall(presenting: token, to: "revoke", key: key.secret)
        call.headers.append("X-Request-Id: \(id)")
        let holder = try LockHolder(booth.directory.path + "/data/tokenbooth.db", seconds: 0.8)
        do {
            let connection = try booth.connect()
            connection.send(call.bytes)
            usleep(300_000)
            connection.reset()
        }
        holder.waitUntilReleased()
        return try #require(booth.logLine(request: id, seconds: 20))
    }

    // threats: LOG-01, LOG-06
    @Test
    func `whatever a client sends, the log is one JSON object a line`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey().secret
        for text in Self.nasty {
            for (name, value) in [
                ("client_id", text), ("scope", text), ("audience", text), ("grant_type", text), (text, "x"),
            ] {
                #expect(try booth.token(TokenCall(key: key, [(name, value)])).status < 500)
            }
            let escaped = text.utf8.map { String(format: "%%%02x", $0) }.joined()
            #expect(try booth.get("/\(escaped.prefix(3_000))?q=\(escaped.prefix(3_000))").status == 404)
            let json = String(decoding: JSONValue.string(text).serialized, as: UTF8.self)
            try expectStored(text, isAllowed: Self.isText(text))
            #expect([400, 409, 422].contains(try booth.admin("POST", "scopes", "{\"name\":\(json)}").status))
        }
        for line in booth.log.split(separator: "\n") {
            #expect((try? JSONValue(parsing: Array(line.utf8)))?.object?["level"]?.string != nil, "\(line)")
        }
    }

    /// What a name may be: 1 to 128 bytes without control characters.
    private static func isText(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && !text.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }
    }

    /// Makes a key and a project with the name and description, and reads both back when they are allowed.
    private func expectStored(_ text: String, isAllowed: Bool) throws {
        let booth = try Booth.current
        let json = String(decoding: JSONValue.string(text).serialized, as: UTF8.self)
        let key = try booth.admin("POST", "keys", "{\"name\":\(json),\"description\":\(json)}")
        let project = try booth.admin("POST", "projects", "{\"name\":\(json)}")
        for (path, made) in [("keys", key), ("projects", project)] {
            guard isAllowed else {
                #expect([400, 422].contains(made.status), "\(path): \(made.text)")
                continue
            }
            #expect(made.status == 201, "\(path): \(made.text)")
            if let secret = made.json?["key"]?.string { booth.canaries.add(secret) }
            let shown = try booth.admin("GET", "\(path)/\(try #require(made.json?["id"]?.string))").json
            // Byte for byte: for `==` a decomposed character is the composed one.
            #expect(shown?["name"]?.string.map { Array($0.utf8) } == Array(text.utf8))
            guard path == "keys" else { continue }
            #expect(shown?["description"]?.string.map { Array($0.utf8) } == Array(text.utf8))
        }
    }

    // threats: LOG-06
    @Test(arguments: ["n", "\u{E9}", "\u{202E}a", "\u{1F600}", "e\u{301}a"])
    func `a name has at most 128 bytes, whatever its characters`(unit: String) throws {
        let longest = String(repeating: unit, count: 128 / unit.utf8.count)
        #expect(longest.utf8.count == 128)
        try expectStored(longest, isAllowed: true)
        for more in ["n", unit] {
            let json = String(decoding: JSONValue.string(longest + more).serialized, as: UTF8.self)
            for path in ["keys", "projects"] {
                let response = try Booth.current.admin("POST", path, "{\"name\":\(json)}")
                #expect([400, 422].contains(response.status), "\(response.text)")
            }
        }
    }

    // threats: LOG-01
    @Test
    func `a megabyte in a field makes no long line`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey().secret
        let long = String(repeating: "s", count: 30_000)
        #expect(try booth.token(TokenCall(key: key, [("scope", long)])).status == 400)
        #expect(try booth.token(TokenCall(key: key, [("client_id", long)])).status == 400)
        #expect(try booth.get("/healthz", headers: ["User-Agent: \(long)"]).status == 200)
        #expect(try booth.get("/" + String(repeating: "s", count: 8_000)).status == 404)
        let name = try booth.admin("POST", "keys", "{\"name\":\"\(String(repeating: "n", count: 60_000))\"}")
        #expect([400, 422].contains(name.status))
        var last = TokenCall(key: key, [("scope", long)])
        last.headers.append("X-Request-Id: long-last")
        #expect(try booth.token(last).status == 400)
        _ = try #require(booth.logLine(request: "long-last"))
        #expect(booth.log.split(separator: "\n").allSatisfy { $0.utf8.count < 2_000 })
    }

    // threats: LOG-02, LOG-03
    @Test
    func `a secret in any place of a request stays out of the log at level trace`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey().secret
        let password = "pa55-\(UUID().uuidString)"
        booth.canaries.add(password)
        for secret in [key, password] {
            // A word that is no API key may be a scope or a request id, and the log names it.
            for name in [
                "client_id", "client_secret", secret == key ? "scope" : "x", "audience", "resource",
                "subject_token", "grant_type", "unknown", secret,
            ] {
                _ = try booth.token(TokenCall(key: key, [(name, secret)]))
                _ = try booth.token(TokenCall(body: "grant_type=client_credentials&\(name)=\(secret)"))
            }
            for header in [
                "Authorization", "X-API-Key", "Cookie", "User-Agent", "Referer", "Origin",
                secret == key ? "X-Request-Id" : "X-Other", "X-Forwarded-For",
            ] {
                _ = try booth.get("/oauth2/jwks", headers: ["\(header): \(secret)"])
                _ = try booth.get("/admin/v1/keys", headers: ["\(header): \(secret)"], from: .admin)
            }
            for path in ["/\(secret)", "/oauth2/jwks?\(secret)", "/oauth2/token?client_secret=\(secret)"] {
                _ = try booth.get(path)
                _ = try booth.get(path, from: .admin)
            }
            for path in [
                "keys/\(secret)", "keys?cursor=\(secret)", "keys?\(secret)=1", "projects/\(secret)",
                "scopes/\(secret)",
            ] {
                #expect([400, 404].contains(try booth.admin("GET", path).status))
            }
            _ = try booth.admin("POST", "keys", "{\"name\":\"x\",\"\(secret)\":1}")
            _ = try booth.admin("POST", "keys", "{\"name\":\"x\",\"project\":\"\(secret)\"}")
            _ = try booth.admin("POST", "keys", "{\"name\":\"x\",\"scopes\":[\"\(secret)\"]}")
            _ = try booth.admin("POST", "keys", "\(secret)")
            _ = try booth.send("\(secret) / HTTP/1.1\r\nHost: x\r\n\r\n")
            _ = try booth.send("GET / \(secret)\r\nHost: x\r\n\r\n")
            _ = try booth.send("GET / HTTP/1.1\r\n\(secret)\r\n\r\n")
        }
    }
}
