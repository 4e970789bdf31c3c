import Testing

@Suite("Revocation, refused: RFC 7009 §2.1, §2.2.1", .serialized, .booth)
struct RevocationRefused {
    // threats: REV-04
    @Test
    func `a request without its token, with two, or that is no form is refused`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        for body in ["", "token=", "token=a&token=b", "token_type_hint=access_token", "token=%ZZ"] {
            var call = TokenCall(body: body, key: key.secret)
            call.path = "/oauth2/revoke"
            let response = try booth.token(call)
            #expect(response.status == 400 && response.error == "invalid_request", "\(response.text)")
        }
        var query = TokenCall(presenting: "x", to: "revoke?token=x", key: key.secret)
        #expect(try booth.token(query).error == "invalid_request")
        query.path = "/oauth2/revoke"
        query.contentType = "application/json"
        #expect(try booth.token(query).error == "invalid_request")
        let get = try booth.get("/oauth2/revoke")
        #expect(get.status == 405 && get["allow"] == "POST")
        let callback = [("callback", "x")]
        let plain = try booth.revoke("x", by: key, callback)
        #expect(plain.status == 200 && plain.body.isEmpty)
    }

    // threats: REV-05
    @Test
    func `revoking needs authentication`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        let token = try booth.accessToken(key)
        let disabled = try booth.makeKey()
        #expect(try booth.admin("POST", "keys/\(disabled.id)/disable").status == 200)
        for call in [
            TokenCall(presenting: token, to: "revoke", key: nil),
            TokenCall(presenting: token, to: "revoke", key: "tbk_nonsense"),
            TokenCall(presenting: token, to: "revoke", key: disabled.secret),
            TokenCall(presenting: token, to: "revoke", key: nil, [("client_id", key.id)]),
        ] {
            let response = try booth.token(call)
            #expect(response.status == 401 && response.error == "invalid_client", "\(response.text)")
        }
        let twice = TokenCall(
            presenting: token,
            to: "revoke",
            key: key.secret,
            [("client_secret", key.secret)]
        )
        #expect(try booth.token(twice).error == "invalid_request")
        #expect(try booth.isActive(token, for: key))
    }

    // threats: REV-06, ADM-01
    @Test
    func `a key that an admin lets revoke tokens does so in no project but the admin's`() throws {
        let booth = try Booth.current
        #expect(try booth.admin("POST", "projects", "{\"name\":\"elsewhere\"}").status == 201)
        let foreign = try booth.makeKey("\"project\":\"elsewhere\"")
        let token = try booth.accessToken(foreign)
        let admin = try booth.makeKey(
            """
            "admin_role":"admin","scopes":["keys:write","tokens:revoke"],
            "audiences":["urn:tokenbooth:admin","\(Booth.audience)"]
            """
        )
        func body(_ project: String) -> String {
            """
            {"name":"revoker","project":"\(project)","scopes":["tokens:revoke"],
            "audiences":["\(Booth.audience)"]}
            """
        }
        let refused = try booth.admin("POST", "keys", body("elsewhere"), key: admin.secret)
        #expect(refused.status == 403 && refused.text.contains("\"/project\""), "\(refused.text)")
        let made = try booth.admin("POST", "keys", body("default"), key: admin.secret)
        #expect(made.status == 201, "\(made.text)")
        let revoker = MadeKey(
            id: try #require(made.json?["id"]?.string),
            secret: try #require(made.json?["key"]?.string)
        )
        booth.canaries.add(revoker.secret)
        let move = "{\"project\":\"elsewhere\"}"
        #expect(try booth.admin("PATCH", "keys/\(revoker.id)", move, key: admin.secret).status == 403)
        let response = try booth.revoke(token, by: revoker)
        #expect(response.status == 400 && response.error == "unauthorized_client", "\(response.text)")
        #expect(try booth.isActive(token, for: foreign))
        #expect(try booth.admin("PATCH", "keys/\(revoker.id)", move).status == 200)
        try booth.revoked(token, by: revoker)
        #expect(try !booth.isActive(token, for: foreign))
    }

    @Test
    func `past a thousand single tokens a key must end its family or itself`() throws {
        let booth = try Booth.current
        let (key, other) = (try booth.makeKey(), try booth.makeKey())
        let connection = try booth.connect()
        let forge = try Forge(booth)
        let claims = try Forge.claims(of: booth.accessToken(key))
        func token(_ number: Int) throws -> String {
            let digits = String(number + 100_000)
            let jti = "\"AAAAAAAAAAAAAAA\(digits)A\""
            return try String(
                decoding: forge.token(header: forge.header(), claims: Forge.text(claims, "jti", jti)),
                as: UTF8.self
            )
        }
        for number in 0..<1_000 {
            connection.send(TokenCall(presenting: try token(number), to: "revoke", key: key.secret).bytes)
            #expect(connection.response()?.status == 200)
        }
        let refused = try booth.revoke(token(1_000), by: key)
        #expect(refused.status == 429 && refused["retry-after"] != nil, "\(refused.text)")
        #expect(refused.error == "temporarily_unavailable")
        #expect(refused.json?["error_description"]?.string?.contains("revoke its family or the key") == true)
        #expect(try booth.isActive(token(1_000), for: key))
        try booth.revoked(token(999), by: key)
        try booth.revoked(booth.accessToken(other), by: other)
    }
}
