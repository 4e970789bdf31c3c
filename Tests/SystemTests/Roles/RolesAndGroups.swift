import Primitives
import Testing

@Suite("Roles, groups and referrers: RFC 9068 §2.2.3.1", .serialized, .booth)
struct RolesAndGroups {
    /// A name that no other test of the suite uses.
    private func makeRole(_ name: String, _ scopes: [String]) throws -> String {
        let booth = try Booth.current
        for scope in Booth.scopes + scopes { try booth.makeScope(scope) }
        let list = scopes.map { "\"\($0)\"" }.joined(separator: ",")
        let response = try booth.admin("POST", "roles", "{\"name\":\"\(name)\",\"scopes\":[\(list)]}")
        #expect(response.status == 201, "\(response.text)")
        return try #require(response.json?["id"]?.string)
    }

    private func makeGroup(_ name: String) throws -> String {
        let response = try Booth.current.admin("POST", "groups", "{\"name\":\"\(name)\"}")
        #expect(response.status == 201, "\(response.text)")
        return try #require(response.json?["id"]?.string)
    }

    private func names(_ claims: JSONObject, _ name: String) -> [String]? {
        claims[name]?.array?.compactMap(\.string)
    }

    private func scope(_ response: HTTPResponse) -> Set<String> {
        Set(response.json?["scope"]?.string?.split(separator: " ").map(String.init) ?? [])
    }

    // threats: SCP-03
    @Test
    func `a change of a role or group is in the very next token of every key that has it`() throws {
        let booth = try Booth.current
        let role = try makeRole("teller", ["read:all"])
        let group = try makeGroup("branch")
        let keys = try (0..<3).map { _ in
            try booth.makeKey("\"scopes\":[\"read\"],\"roles\":[\"teller\"],\"groups\":[\"\(group)\"]")
        }
        func tokens() throws -> [HTTPResponse] { try keys.map { try booth.token(TokenCall(key: $0.secret)) } }
        for token in try tokens() {
            let claims = try AccessToken(token, of: booth).claims
            #expect(names(claims, "roles") == ["teller"] && names(claims, "groups") == ["branch"])
            #expect(scope(token) == ["read", "read:all"])
        }
        for round in 0..<5 {
            let scopes = round % 2 == 0 ? "\"write\"" : "\"read:all\",\"read\""
            #expect(try booth.admin("PATCH", "roles/\(role)", "{\"scopes\":[\(scopes)]}").status == 200)
            for token in try tokens() {
                #expect(scope(token) == (round % 2 == 0 ? ["read", "write"] : ["read", "read:all"]))
            }
            let name = round % 2 == 0 ? "cashier" : "teller"
            #expect(try booth.admin("PATCH", "roles/\(role)", "{\"name\":\"\(name)\"}").status == 200)
            #expect(try booth.admin("PATCH", "groups/\(group)", "{\"name\":\"\(name)s\"}").status == 200)
            for token in try tokens() {
                let claims = try AccessToken.unverifiedClaims(token)
                #expect(names(claims, "roles") == [name] && names(claims, "groups") == ["\(name)s"])
            }
        }
        #expect(
            try booth.token(TokenCall(key: keys[0].secret, [("scope", "read:all")])).error == "invalid_scope"
        )
        #expect(
            try booth.admin("PATCH", "keys/\(keys[0].id)", "{\"roles\":[],\"groups\":null}").status == 200
        )
        let plain = try AccessToken.unverifiedClaims(booth.token(TokenCall(key: keys[0].secret)))
        #expect(plain["roles"] == nil && plain["groups"] == nil && plain["scope"]?.string == "read")
    }

    // threats: SCP-04
    @Test
    func `a refresh follows the roles of its key, and never gets more than its family began with`() throws {
        let booth = try Booth.current
        let role = try makeRole("keeper", ["read:all"])
        let key = try booth.makeRefreshingKey("\"scopes\":[\"read\"],\"roles\":[\"keeper\"]")
        var token = try booth.exchanged(key)
        func refreshed(_ parameters: [(String, String)] = []) throws -> HTTPResponse {
            let response = try booth.refresh(token, key, parameters)
            if response.status == 200 { token = try booth.refreshToken(response) }
            return response
        }
        #expect(try scope(refreshed()) == ["read", "read:all"])
        #expect(try booth.admin("PATCH", "roles/\(role)", "{\"scopes\":[\"write\"]}").status == 200)
        let narrowed = try refreshed()
        #expect(
            scope(narrowed) == ["read"],
            "what the role has lost is gone, what it gained was never granted"
        )
        #expect(try names(AccessToken.unverifiedClaims(narrowed), "roles") == ["keeper"])
        #expect(try refreshed([("scope", "read:all")]).error == "invalid_scope", "and nothing is spent")
        #expect(try booth.admin("PATCH", "roles/\(role)", "{\"scopes\":[\"read:all\"]}").status == 200)
        #expect(try scope(refreshed()) == ["read", "read:all"], "the family's own scope has not changed")
        #expect(try booth.admin("PATCH", "keys/\(key.id)", "{\"roles\":[]}").status == 200)
        let last = try refreshed()
        #expect(scope(last) == ["read"])
        #expect(try AccessToken.unverifiedClaims(last)["roles"] == nil)
    }

    @Test
    func `introspection says what stands in the token, and an exchanged token keeps it`() throws {
        let booth = try Booth.current
        let role = try makeRole("auditor", ["read:all"])
        _ = try makeGroup("house")
        let key = try booth.makeKey("\"roles\":[\"auditor\"],\"groups\":[\"house\"]")
        let token = try booth.accessToken(key)
        #expect(try booth.admin("PATCH", "roles/\(role)", "{\"name\":\"inspector\"}").status == 200)
        let said = try #require(try booth.introspect(token, by: key).json)
        #expect(names(said, "roles") == ["auditor"] && names(said, "groups") == ["house"])
        let derived = try booth.token(TokenCall(exchangingToken: token, key: key.secret, [("scope", "read")]))
        let claims = try AccessToken(derived, of: booth).claims
        #expect(names(claims, "roles") == ["auditor"] && names(claims, "groups") == ["house"])
        #expect(claims["scope"]?.string == "read")
    }

    @Test
    func `what keys have is not deleted, and what nobody has is`() throws {
        let booth = try Booth.current
        let role = try makeRole("short-lived", ["fleeting"])
        let group = try makeGroup("short-lived")
        let key = try booth.makeKey("\"roles\":[\"\(role)\"],\"groups\":[\"short-lived\"]")
        #expect(try booth.admin("DELETE", "roles/short-lived").status == 409)
        #expect(try booth.admin("DELETE", "groups/\(group)").status == 409)
        #expect(try booth.admin("DELETE", "scopes/fleeting").status == 409)
        #expect(try booth.admin("DELETE", "keys/\(key.id)").status == 204)
        #expect(try booth.admin("DELETE", "roles/\(role)").status == 204)
        #expect(try booth.admin("DELETE", "groups/short-lived").status == 204)
        #expect(try booth.admin("DELETE", "scopes/fleeting").status == 204)
        #expect(try booth.admin("GET", "roles/short-lived").status == 404)
        #expect(try booth.admin("GET", "keys/\(key.id)").json?["roles"]?.array?.isEmpty == true)
        #expect(try booth.admin("POST", "keys", "{\"name\":\"x\",\"roles\":[\"\(role)\"]}").status == 400)
    }

    // threats: AUT-07
    @Test
    func `a key for certain pages is refused from any other, and without one, like a wrong key`() throws {
        let booth = try Booth.current
        let key = try booth.makeRefreshingKey(
            "\"allowed_referrers\":[\"https://app.example\",\"http://localhost:3000\"]"
        )
        func answer(_ headers: [String]) throws -> HTTPResponse {
            var call = TokenCall(key: key.secret)
            call.headers += headers
            return try booth.token(call)
        }
        for headers in [
            ["Origin: https://app.example"], ["Origin: http://localhost:3000"],
            ["Referer: https://app.example/some/page?x=1"], ["Referer: https://APP.example:443/"],
            ["Origin: https://app.example", "Referer: https://evil.example/"],
        ] { #expect(try answer(headers).status == 200, "\(headers)") }
        let wrong = try booth.token(TokenCall(key: "tbk_" + String(repeating: "0", count: 30) + "1Wgklh"))
        for headers in [
            [], ["Origin: null"], ["Origin: https://evil.example"], ["Origin: http://app.example"],
            ["Origin: https://app.example.evil.example"], ["Origin: https://app.example:8443"],
            ["Origin: null", "Referer: https://app.example/"],
            ["Origin: https://app.example", "Origin: https://app.example"],
            ["Referer: https://evil.example/?https://app.example"],
            ["Referer: https://app.example@evil.example/"], ["Referer: app.example"], ["Origin:"],
        ] {
            let refused = try answer(headers)
            #expect(refused.status == 401 && refused.body == wrong.body, "\(headers)")
            #expect(refused["www-authenticate"] == wrong["www-authenticate"])
        }
        var exchange = TokenCall(exchanging: key.secret)
        #expect(try booth.token(exchange).status == 401)
        exchange.headers.append("Origin: https://app.example")
        let token = try booth.refreshToken(booth.token(exchange))
        #expect(try booth.refresh(token, key).status == 401)
        var refresh = TokenCall(refreshing: token, key: key.secret)
        refresh.headers.append("Origin: https://app.example")
        #expect(try booth.refreshToken(booth.token(refresh)) != token, "the refusal has spent nothing")
        // Only where tokens are issued.
        #expect(try booth.introspect(token, by: key).status == 200)
    }

    // threats: ADM-01
    @Test
    func `an admin gives no role that they do not have, and a role opens no operation`() throws {
        let booth = try Booth.current
        _ = try makeRole("held", ["read"])
        _ = try makeRole("not-held", ["read"])
        let admin = try booth.makeKey(
            """
            "admin_role":"admin","audiences":["urn:tokenbooth:admin","\(Booth.audience)"],"roles":["held"],
            "scopes":["keys:write","roles:write"]
            """
        ).secret
        let audience = "\"audiences\":[\"\(Booth.audience)\"]"
        func create(_ role: String) throws -> HTTPResponse {
            let response = try booth.admin(
                "POST",
                "keys",
                "{\"name\":\"n\",\(audience),\"roles\":[\"\(role)\"]}",
                key: admin
            )
            if let secret = response.json?["key"]?.string { booth.canaries.add(secret) }
            return response
        }
        #expect(try create("held").status == 201)
        let refused = try create("not-held")
        #expect(refused.status == 403 && refused.text.contains("/roles/0"))
        #expect(try booth.admin("PATCH", "roles/held", "{\"scopes\":[\"write\"]}", key: admin).status == 403)
        #expect(try booth.admin("PATCH", "roles/held", "{\"name\":\"not\"}", key: admin).status == 403)
        #expect(try booth.admin("POST", "roles", "{\"name\":\"a\",\"scopes\":[\"keys:read\"]}").status == 400)
        #expect(try booth.admin("GET", "keys", key: admin).status == 403)
    }
}
