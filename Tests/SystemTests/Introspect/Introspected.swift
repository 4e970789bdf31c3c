import JOSE
import Primitives
import Testing

@Suite("Introspection: RFC 7662 §2, RFC 9701", .serialized, .booth)
struct Introspected {
    // threats: INT-05
    @Test
    func `what is said of an access token agrees with it`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey(
            "\"claims\":{\"tenant\":\"acme\",\"n\":1.50,\"active\":false,\"é\":[null]}"
        )
        let token = try booth.accessToken(key, [("audience", Booth.audience), ("audience", "urn:other")])
        let response = try booth.introspect(token, by: key)
        #expect(response["content-type"] == "application/json")
        let said = try #require(response.json, "\(response.text)")
        let claims = try Forge.claims(of: token)
        #expect(said["active"]?.bool == true)
        #expect(said.members.count == claims.members.count)
        for member in claims.members where member.name != "active" {
            #expect(said[member.name]?.serialized == member.value.serialized, "\(member.name)")
        }
        #expect(said["token_type"]?.string == "Bearer")
        #expect(said["client_id"]?.string == key.id)
        #expect(said["aud"]?.array?.compactMap(\.string) == [Booth.audience, "urn:other"])
        #expect(said["exp"]?.integer != nil && said["iat"]?.integer != nil && said["token_use"] == nil)
    }

    // threats: INT-02
    @Test
    func `everything else gets one answer`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        let revoked = try booth.accessToken(key)
        try booth.revoked(revoked, by: key)
        let answers = try [
            "x", "a.b.c", key.secret, revoked, "tbr_" + String(repeating: "A", count: 56), "\u{E9}",
            booth.accessToken(booth.makeKey()),
        ].map { try booth.introspect($0, by: key) }
        #expect(Set(answers.map(\.fingerprint)).count == 1)
        #expect(answers.allSatisfy { $0.status == 200 && $0.text == #"{"active":false}"# })
    }

    // threats: INT-03
    @Test
    func `a token is seen by its own client, and with the scope by those that it is for`() throws {
        let booth = try Booth.current
        let scope = "\"scopes\":[\"tokens:introspect\"]"
        let owner = try booth.makeKey()
        let meant = try booth.makeKey(scope + ",\"audiences\":[\"urn:x\",\"urn:other\"]")
        let notMeant = try booth.makeKey(scope + ",\"audiences\":[\"urn:othe\",\"urn:other/\",\"URN:OTHER\"]")
        let without = try booth.makeKey()
        let token = try booth.accessToken(owner, [("audience", Booth.audience), ("audience", "urn:other")])
        #expect(try booth.isActive(token, for: owner))
        #expect(try booth.isActive(token, for: meant))
        #expect(try !booth.isActive(token, for: notMeant))
        #expect(try !booth.isActive(token, for: without))
        #expect(try !booth.isActive(booth.accessToken(owner, [("audience", Booth.audience)]), for: meant))
    }

    @Test
    func `a refresh token is active for its own client, in its newest generation`() throws {
        let booth = try Booth.current
        let key = try booth.makeRefreshingKey("\"subject\":\"service:reports\"")
        let reader = try booth.makeKey("\"scopes\":[\"tokens:introspect\"]")
        let first = try booth.exchanged(key)
        let response = try booth.introspect(first, by: key)
        let said = try #require(response.json)
        #expect(
            said["active"]?.bool == true && said["token_use"]?.string == "refresh_token",
            "\(response.text)"
        )
        #expect(said["token_type"] == nil && said["jti"] == nil)
        #expect(said["client_id"]?.string == key.id && said["sub"]?.string == "service:reports")
        #expect(said["scope"]?.string == "read write" && said["aud"]?.string == Booth.audience)
        #expect(said["iss"]?.string == booth.issuer)
        let (issued, expires) = (said["iat"]?.integer ?? 0, said["exp"]?.integer ?? 0)
        #expect(expires - issued == 604_800)
        #expect(try !booth.isActive(first, for: reader))

        let second = try booth.refreshToken(booth.refresh(first, key))
        #expect(try !booth.isActive(first, for: key))
        #expect(try booth.isActive(second, for: key))
        var bytes = Array(second.utf8)
        bytes[40] = bytes[40] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        #expect(try !booth.isActive(String(decoding: bytes, as: UTF8.self), for: key))
        #expect(try booth.isActive(second, for: key))
    }

    // threats: INT-07
    @Test
    func `the signed form is for its reader and no access token`() throws {
        let booth = try Booth.current
        let (key, other) = (try booth.makeKey(), try booth.makeKey())
        let token = try booth.accessToken(key)
        let accept = ["Accept: text/plain, Application/Token-Introspection+JWT; q=0.5"]
        for (reader, isActive) in [(key, true), (other, false)] {
            let response = try booth.introspect(token, by: reader, headers: accept)
            #expect(response.status == 200)
            #expect(response["content-type"] == "application/token-introspection+jwt")
            #expect(response["cache-control"] == "no-store")
            let jws = try CompactJWS(parsing: response.body)
            #expect(jws.type == "token-introspection+jwt")
            let keys = try JWKSet(parsing: booth.get("/oauth2/jwks").body)
            let published = try #require(jws.kid.flatMap { keys[$0] })
            let payload = try jws.verified(by: VerificationKey(published)).payload
            let claims = try #require(JSONValue(parsing: payload).object)
            #expect(claims["iss"]?.string == booth.issuer && claims["aud"]?.string == reader.id)
            #expect(claims["iat"]?.integer != nil && claims["exp"] == nil && claims["sub"] == nil)
            let said = try #require(claims["token_introspection"]?.object)
            #expect(said["active"]?.bool == isActive)
            #expect(said.members.count == (isActive ? try Forge.claims(of: token).members.count + 1 : 1))
            #expect(try !booth.isActive(response.text, for: reader))
            let call = TokenCall(exchangingToken: response.text, key: reader.secret)
            #expect(try booth.token(call).error == "invalid_request")
        }
        for accept in [
            "*/*", "application/json", "application/token-introspection+jwt;q=0", "application/jwt",
        ] {
            let response = try booth.introspect(token, by: key, headers: ["Accept: \(accept)"])
            #expect(response["content-type"] == "application/json", "\(accept)")
        }
    }

    @Test
    func `introspections are counted by what they said`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        let names = ["true", "false"].map { "tokenbooth_introspections_total{active=\"\($0)\"}" }
        let before = try names.map { try booth.labelled($0) }
        _ = try booth.isActive(booth.accessToken(key), for: key)
        _ = try booth.isActive("x", for: key)
        #expect(try zip(before, names).allSatisfy { try booth.labelled($1) == $0 + 1 })
    }
}

@Suite("Introspection, refused: RFC 7662 §2.1, §2.3", .serialized, .booth)
struct IntrospectionRefused {
    // threats: INT-01
    @Test
    func `introspection needs authentication`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        let token = try booth.accessToken(key)
        var bearer = TokenCall(presenting: token, to: "introspect", key: nil)
        bearer.headers = ["Authorization: Bearer \(token)"]
        for call in [
            TokenCall(presenting: token, to: "introspect", key: nil),
            TokenCall(presenting: token, to: "introspect", key: "tbk_nonsense"), bearer,
        ] {
            let response = try booth.token(call)
            #expect(response.status == 401 && response.error == "invalid_client", "\(response.text)")
            #expect(response["www-authenticate"] != nil)
        }
    }

    // threats: INT-04, INT-08
    @Test
    func `a request without its token, with two, that is no form or too large is refused`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        for body in ["", "token=", "token=a&token=b", "token%5B%5D=a"] {
            var call = TokenCall(body: body, key: key.secret)
            call.path = "/oauth2/introspect"
            let response = try booth.token(call)
            #expect(response.status == 400 && response.error == "invalid_request", "\(response.text)")
        }
        var call = TokenCall(presenting: "x", to: "introspect", key: key.secret)
        call.contentType = "application/json"
        #expect(try booth.token(call).error == "invalid_request")
        #expect(try booth.get("/oauth2/introspect").status == 405)
        let giant = String(repeating: "x", count: 1 << 20)
        #expect(try booth.introspect(giant, by: key).status == 413)
        #expect(try booth.introspect(String(giant.prefix(16_000)), by: key).text == #"{"active":false}"#)
    }
}
