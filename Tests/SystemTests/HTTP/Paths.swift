import Testing

@Suite("Paths, methods and request ids: RFC 9110 §9, §15.5", .serialized, .booth)
struct Paths {
    // threats: HTP-08
    @Test(arguments: [
        "//admin/v1/keys", "/./admin/v1/keys", "/x/../admin/v1/keys", "/%61dmin/v1/keys", "/admin%2fv1/keys",
        "/admin;x/v1/keys",
        "/ADMIN/v1/keys", "/admin/v1/keys/", "/admin/v1/keys.", "/admin\\v1\\keys", "/admin/v1//keys",
        "/admin/v1/Keys",
        "/admin/v1/keys%00", "/admin/v1/keys/..", "/admin/v1/.", "/admin/v1/keys/key_x/disable/",
        "/admin/v1/keys%20",
    ])
    func `another spelling of an admin path is another path`(path: String) throws {
        let booth = try Booth.current
        // 401 where it has the form of a key's path, with whatever for its id.
        #expect([400, 401, 404].contains(try booth.get(path, from: .admin).status))
        let credential = ["Authorization: Bearer \(booth.rootKey)"]
        #expect([400, 404].contains(try booth.get(path, headers: credential, from: .admin).status))
        #expect([400, 404].contains(try booth.get(path, headers: credential).status))
    }

    // threats: HTP-08
    @Test
    func `nothing of the admin API is on the public listener`() throws {
        let booth = try Booth.current
        for path in ["/admin/v1/keys", "/admin/v1/projects", "/metrics", "/"] {
            #expect(try booth.get(path, headers: ["Authorization: Bearer \(booth.rootKey)"]).status == 404)
        }
    }

    @Test
    func `an unknown path is 404 for any method`() throws {
        let booth = try Booth.current
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"] {
            #expect(try booth.get("/oauth2", method: method).status == 404)
            #expect(try booth.get("/nowhere/at/all", method: method, from: .admin).status == 404)
        }
    }

    @Test(arguments: [
        ("/oauth2/jwks", "GET, HEAD"), ("/.well-known/jwks.json", "GET, HEAD"), ("/healthz", "GET, HEAD"),
        ("/docs", "GET, HEAD"),
        ("/.well-known/oauth-authorization-server", "GET, HEAD"), ("/oauth2/token", "POST"),
    ])
    func `a wrong method is 405 with those that are right`(path: String, allowed: String) throws {
        let response = try Booth.current.get(path, method: "DELETE")
        #expect(response.status == 405)
        #expect(response["allow"] == allowed)
    }

    @Test
    func `every method of an admin path is allowed or named`() throws {
        let booth = try Booth.current
        #expect(try booth.get("/admin/v1/keys", method: "DELETE", from: .admin)["allow"] == "GET, HEAD, POST")
        #expect(
            try booth.get("/admin/v1/keys/key_x", method: "POST", from: .admin)["allow"]
                == "GET, HEAD, PATCH, DELETE"
        )
        #expect(try booth.get("/admin/v1/keys/key_x/disable", from: .admin)["allow"] == "POST")
    }

    @Test(arguments: [
        "/oauth2/jwks", "/.well-known/oauth-authorization-server", "/healthz", "/readyz", "/startupz",
        "/openapi.yaml", "/docs",
    ])
    func `HEAD answers like GET, without the body`(path: String) throws {
        let booth = try Booth.current
        let get = try booth.get(path)
        let connection = try booth.connect()
        connection.send(Booth.head("HEAD", path) + "\r\n" + Booth.head("GET", "/healthz") + "\r\n")
        let head = try #require(connection.response(hasBody: false))
        #expect(get.status == 200 && head.status == 200)
        #expect(head.body.isEmpty && head["content-length"] == "\(get.body.count)")
        #expect(head["content-type"] == get["content-type"] && head["cache-control"] == get["cache-control"])
        #expect(connection.response()?.text == "{\"status\":\"ok\"}")
    }

    // threats: LOG-01, HTP-20
    @Test
    func `a request id comes back when it is harmless, else it is replaced`() throws {
        let booth = try Booth.current
        for id in ["a", "A.b_c-9", String(repeating: "x", count: 64)] {
            #expect(try booth.get("/healthz", headers: ["X-Request-Id: \(id)"])["x-request-id"] == id)
            #expect(try booth.get("/readyz", headers: ["X-Request-Id: \(id)"])["x-request-id"] == id)
        }
        let bad = [
            "", "a b", "a\"b", "é", "a;b", String(repeating: "x", count: 65), "a\u{1B}[2J", "a,b", "\u{85}",
            "a\u{2028}b",
        ]
        for id in bad {
            let made = try booth.get("/nowhere", headers: ["X-Request-Id: \(id)"])["x-request-id"] ?? ""
            #expect(made != id && made.utf8.count == 16)
        }
        let twice = try booth.get("/healthz", headers: ["X-Request-Id: one", "X-Request-Id: two"])[
            "x-request-id"
        ]
        #expect(twice?.utf8.count == 16)
    }

    // threats: LOG-02
    @Test
    func `an API key as request id is not taken over`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey().secret
        for id in [key, "req-\(key)", "a.\(key).b"] {
            #expect(try booth.get("/healthz", headers: ["X-Request-Id: \(id)"])["x-request-id"] != id)
        }
    }

    // threats: HTP-19
    @Test
    func `bytes that are no UTF-8 in target and fields are refused or ignored`() throws {
        let booth = try Booth.current
        for bad in [[0xFF], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80]] as [[UInt8]] {
            for start in ["GET /healthz", "GET /healthz?x="] {
                #expect(
                    try booth.send(Array(start.utf8) + bad + Array(" HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
                        .status == 400
                )
            }
            for field in ["Cookie: a=", "User-Agent: ", "Accept: "] {
                let request =
                    Array("GET /healthz HTTP/1.1\r\nHost: x\r\n\(field)".utf8) + bad + Array("\r\n\r\n".utf8)
                #expect([200, 400].contains(try booth.send(request).status))
            }
        }
        for path in ["/healthz?%ff%c0%af", "/%ff", "/admin/v1/keys/%ff%c0"] {
            #expect([200, 404].contains(try booth.get(path).status))
        }
    }

    // threats: HTP-18
    @Test(arguments: [
        "bytes=5-1", "bytes=-", "bytes=0-0",
        "bytes=" + (0..<1_000).map { "\($0)-\($0)" }.joined(separator: ","),
    ])
    func `ranges are ignored`(range: String) throws {
        let booth = try Booth.current
        for path in ["/docs", "/openapi.yaml", "/oauth2/jwks"] {
            #expect(try booth.get(path, headers: ["Range: \(range)"]).status == 200)
        }
    }
}
