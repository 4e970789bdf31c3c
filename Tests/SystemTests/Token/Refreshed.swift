import Primitives
import Testing

@Suite("Token endpoint, refreshed: RFC 6749 §6, RFC 9700 §4.14.2", .serialized, .booth)
struct Refreshed {
    // threats: REF-01, TOK-17
    @Test
    func `an exchange gives a refresh token to a key that may use one, and each gives the next`() throws {
        let booth = try Booth.current
        let key = try booth.makeRefreshingKey()
        let first = try booth.token(TokenCall(exchanging: key.secret, [("scope", "write read")]))
        var token = try booth.refreshToken(first)
        #expect(first.json?["issued_token_type"]?.string?.hasSuffix(":access_token") == true)
        let before = try AccessToken(first, of: booth).claims
        for _ in 0..<3 {
            let response = try booth.refresh(token, key)
            let next = try booth.refreshToken(response)
            #expect(next != token)
            token = next
            #expect(response["cache-control"] == "no-store" && response["pragma"] == "no-cache")
            #expect(response.json?["token_type"]?.string == "Bearer")
            #expect(response.json?["expires_in"]?.integer == 300)
            #expect(response.json?["scope"]?.string == "write read")
            #expect(response.json?["issued_token_type"] == nil)
            let claims = try AccessToken(response, of: booth).claims
            for name in ["iss", "sub", "aud", "client_id", "scope", "status"] {
                #expect(claims[name]?.serialized == before[name]?.serialized, "\(name)")
            }
            #expect(claims["jti"]?.string != before["jti"]?.string)
        }
    }

    // threats: TOK-17
    @Test
    func `no other grant gives one, and no other key`() throws {
        let booth = try Booth.current
        let key = try booth.makeRefreshingKey()
        #expect(try booth.token(TokenCall(key: key.secret)).json?["refresh_token"] == nil)
        let plain = try booth.makeKey()
        #expect(try booth.token(TokenCall(exchanging: plain.secret)).json?["refresh_token"] == nil)
        #expect(try booth.refresh(booth.exchanged(key), plain).error == "unauthorized_client")
    }

    // threats: SCP-04, SCP-05, REF-09
    @Test
    func `scope and audience can be narrowed, never widened, and a refusal spends nothing`() throws {
        let booth = try Booth.current
        let key = try booth.makeRefreshingKey()
        let token = try booth.exchanged(key, [("scope", "read"), ("audience", Booth.audience)])
        for (parameters, error) in [
            ([("scope", "read write")], "invalid_scope"), ([("scope", "write")], "invalid_scope"),
            ([("audience", "urn:other")], "invalid_target"), ([("resource", "relative")], "invalid_target"),
            ([("audience", Booth.audience), ("audience", "urn:other")], "invalid_target"),
            ([("scope", " ")], "invalid_scope"), ([("client_id", "key_x")], "invalid_request"),
        ] {
            let response = try booth.refresh(token, key, parameters)
            #expect(response.status == 400 && response.error == error, "\(response.text)")
        }
        #expect(try booth.token(TokenCall(refreshing: token, key: "tbk_wrong")).status == 401)
        let narrow = try booth.refresh(token, key, [("scope", "read"), ("resource", Booth.audience)])
        #expect(narrow.json?["scope"]?.string == "read")
        #expect(try AccessToken(narrow, of: booth).claims["aud"]?.string == Booth.audience)
    }

    // threats: SCP-04
    @Test
    func `the next token has what the key still holds, and its family never forgets`() throws {
        let booth = try Booth.current
        let key = try booth.makeRefreshingKey()
        var token = try booth.exchanged(key)
        for (scopes, expected) in [("\"read\"", "read"), ("", nil), ("\"write\",\"read\"", "read write")] {
            let change = try booth.admin("PATCH", "keys/\(key.id)", "{\"scopes\":[\(scopes)]}")
            #expect(change.status == 200, "\(change.text)")
            if expected == "read" {
                #expect(try booth.refresh(token, key, [("scope", "write")]).error == "invalid_scope")
            }
            let response = try booth.refresh(token, key)
            token = try booth.refreshToken(response)
            #expect(response.json?["scope"]?.string == expected)
        }
        let change = try booth.admin("PATCH", "keys/\(key.id)", "{\"audiences\":[\"urn:other\"]}")
        #expect(change.status == 200)
        #expect(try booth.refresh(token, key).error == "invalid_target")
    }

    // threats: REF-08
    @Test
    func `a token in the wrong hands is refused, and not spent`() throws {
        let booth = try Booth.current
        let (owner, thief) = (try booth.makeRefreshingKey(), try booth.makeRefreshingKey())
        let token = try booth.exchanged(owner)
        for _ in 0..<2 { expectInvalidGrant(try booth.refresh(token, thief)) }
        let next = try booth.refreshToken(booth.refresh(token, owner))
        // Not even a spent one ends the family for others.
        let last = try booth.refreshToken(booth.refresh(next, owner))
        expectInvalidGrant(try booth.refresh(token, thief))
        _ = try booth.refreshToken(booth.refresh(last, owner))
    }

    // threats: REF-15
    @Test
    func `a mangled token is refused without harm to its family`() throws {
        let booth = try Booth.current
        let key = try booth.makeRefreshingKey()
        let token = try booth.exchanged(key)
        let swapped = String(token.dropLast(10)) + (token.hasSuffix("A") ? "B" : "A") + token.suffix(9)
        var mangled = [
            token + "\n", " " + token, token.uppercased(), token + "=", String(token.dropLast()),
            token + token,
            "tbr_", "x", String(repeating: "A", count: 20_000), "tbk_" + token.dropFirst(4), swapped,
        ]
        // Every generation, with the tag of this one.
        mangled += ["AAAAAA", "____"].map {
            String(token.prefix(26)) + $0 + token.dropFirst(26 + $0.utf8.count)
        }
        for text in mangled where text != token { expectInvalidGrant(try booth.refresh(text, key)) }
        // More than a body may be.
        let giant = try booth.refresh(String(repeating: "A", count: 64 << 10), key)
        #expect(giant.status == 413 && giant.json?["access_token"] == nil)
        _ = try booth.refreshToken(booth.refresh(token, key))
    }

    // threats: REF-14, EXC-11
    @Test
    func `refresh and access tokens cannot stand in for each other`() throws {
        let booth = try Booth.current
        let key = try booth.makeRefreshingKey()
        let answer = try booth.token(TokenCall(exchanging: key.secret))
        let token = try booth.refreshToken(answer)
        expectInvalidGrant(try booth.refresh(try #require(answer.json?["access_token"]?.string), key))
        #expect(try booth.admin("GET", "keys", key: token).status == 401)
        #expect(try booth.token(TokenCall(key: token)).error == "invalid_client")
        let exchange = try booth.token(TokenCall(exchanging: token))
        #expect(exchange.status == 401 && exchange.error == "invalid_client")
        let subject = try booth.accessToken(key)
        for type in [TokenCall.accessTokenType, "urn:ietf:params:oauth:token-type:jwt"] {
            var call = TokenCall(key: key.secret)
            call.parameters = [
                ("grant_type", TokenCall.exchange), ("subject_token", token), ("subject_token_type", type),
            ]
            let response = try booth.token(call)
            #expect(response.status == 400 && response.error == "invalid_request", "\(response.text)")
            try refused(subject, by: key, [("actor_token", token), ("actor_token_type", type)])
        }
        _ = try booth.refreshToken(booth.refresh(token, key))
    }

    // threats: REF-14
    @Test
    func `a hint makes no access token of a refresh token`() throws {
        let booth = try Booth.current
        let key = try booth.makeRefreshingKey()
        let token = try booth.exchanged(key)
        let stranger = try booth.makeKey("\"scopes\":[\"tokens:introspect\"]")
        #expect(try booth.isActive(booth.accessToken(key), for: stranger))
        func introspected(by reader: MadeKey) throws -> HTTPResponse {
            let hint = [("token_type_hint", "access_token")]
            return try booth.token(
                TokenCall(presenting: token, to: "introspect", key: reader.secret, hint)
            )
        }
        let hidden = try introspected(by: stranger)
        #expect(hidden.status == 200 && hidden.text == #"{"active":false}"#)
        // A wrong hint hides nothing from its own client (RFC 7662 §2.1), which learns what it is.
        let shown = try introspected(by: key).json
        #expect(shown?["active"]?.bool == true && shown?["token_use"]?.string == "refresh_token")
        #expect(shown?["token_type"] == nil)
    }

    // threats: REF-14
    @Test
    func `a refresh token of another issuer is refused, and good where it is from`() throws {
        let (booth, other) = (try Booth.current, try Booth())
        let (key, stranger) = (try booth.makeRefreshingKey(), try other.makeRefreshingKey())
        let token = try other.exchanged(stranger)
        expectInvalidGrant(try booth.refresh(token, key))
        #expect(try !booth.isActive(token, for: key))
        #expect(try booth.refresh(token, stranger).error == "invalid_client")
        _ = try other.refreshToken(other.refresh(token, stranger))
        other.stop()
    }
}
