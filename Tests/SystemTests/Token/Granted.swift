import JOSE
import Primitives
import Testing

@Suite("Token endpoint, granted: RFC 6749 §5.1, RFC 8693 §2.2.1, RFC 9068", .serialized, .booth)
struct Granted {
    private func claims(_ response: HTTPResponse) throws -> JSONObject {
        try AccessToken(response, of: Booth.current).claims
    }

    // threats: TOK-17, SCP-03
    @Test
    func `client credentials give a verifiable token with everything the key holds`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        let response = try booth.token(TokenCall(key: key.secret))
        #expect(response.status == 200)
        #expect(response["cache-control"] == "no-store" && response["pragma"] == "no-cache")
        #expect(response["content-type"] == "application/json")
        #expect(response.json?["token_type"]?.string == "Bearer")
        #expect(response.json?["scope"]?.string == "read write")
        #expect(response.json?["refresh_token"] == nil && response.json?["issued_token_type"] == nil)
        let claims = try claims(response)
        #expect(claims["iss"]?.string == booth.issuer)
        #expect(claims["sub"]?.string == key.id && claims["client_id"]?.string == key.id)
        #expect(claims["aud"]?.string == Booth.audience)
        #expect(claims["scope"]?.string == "read write")
        let (iat, exp) = (try #require(claims["iat"]?.integer), try #require(claims["exp"]?.integer))
        #expect(exp - iat == 300 && response.json?["expires_in"]?.integer == 300)
    }

    // threats: TOK-17
    @Test
    func `an API key is exchanged, alone or beside the same credential`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        let accessToken = "urn:ietf:params:oauth:token-type:access_token"
        for further in [
            [], [("requested_token_type", accessToken)],
            [("client_secret", key.secret), ("client_id", key.id)],
        ] {
            let response = try booth.token(TokenCall(exchanging: key.secret, further))
            #expect(response.status == 200, "\(response.text)")
            #expect(response.json?["issued_token_type"]?.string == accessToken)
            #expect(response.json?["refresh_token"] == nil)
            #expect(try claims(response)["client_id"]?.string == key.id)
        }
    }

    // threats: TOK-17, SCP-03
    @Test
    func `scope and audience are narrowed to what was asked for, and the answer says so`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        let narrow = try booth.token(
            TokenCall(key: key.secret, [("scope", "read"), ("audience", "urn:other")])
        )
        #expect(narrow.json?["scope"]?.string == "read")
        #expect(try claims(narrow)["scope"]?.string == "read")
        #expect(try claims(narrow)["aud"]?.string == "urn:other")
        let both = try booth.token(
            TokenCall(
                key: key.secret,
                [("scope", "write read write"), ("audience", "urn:other"), ("resource", Booth.audience)]
            )
        )
        #expect(both.json?["scope"]?.string == "write read")
        #expect(try claims(both)["aud"]?.array?.compactMap(\.string) == ["urn:other", Booth.audience])
    }

    @Test
    func `a key without scopes gets a token without the member and the claim`() throws {
        let booth = try Booth.current
        let response = try booth.token(TokenCall(key: try booth.makeKey("\"scopes\":[]").secret))
        #expect(response.status == 200)
        #expect(response.json?["scope"] == nil)
        #expect(try claims(response)["scope"] == nil)
    }

    // threats: TOK-17
    @Test
    func `a token ends no later than its key`() throws {
        let booth = try Booth.current
        let now = try #require(
            try claims(booth.token(TokenCall(key: booth.makeKey().secret)))["iat"]?.integer
        )
        let key = try booth.makeKey("\"expires_at\":\"\(Timestamp.text(now + 60))\"")
        let response = try booth.token(TokenCall(key: key.secret))
        let claims = try claims(response)
        #expect(claims["exp"]?.integer == now + 60)
        let issuedAt = try #require(claims["iat"]?.integer)
        #expect(response.json?["expires_in"]?.integer == now + 60 - issuedAt)
    }

    @Test
    func `two thousand tokens have two thousand identifiers of 128 bits`() throws {
        let booth = try Booth.current
        let call = TokenCall(key: try booth.makeKey().secret).bytes
        let connection = try booth.connect()
        var seen: Set<String> = []
        for _ in 0..<20 {
            connection.send([[UInt8]](repeating: call, count: 100).flatMap { $0 })
            for _ in 0..<100 {
                let response = try #require(connection.response())
                let claims = try AccessToken.unverifiedClaims(response)
                seen.insert(try #require(claims["jti"]?.string))
            }
        }
        #expect(seen.count == 2_000)
        #expect(seen.allSatisfy { $0.utf8.count == 22 })
    }

    @Test
    func `the key's own claims, subject and lifetime are in the token`() throws {
        let booth = try Booth.current
        let members =
            "\"claims\":{\"tier\":\"gold\",\"n\":[1,{\"é\":null}]},\"subject\":\"alice\",\"access_token_ttl\":30"
        let response = try booth.token(TokenCall(key: try booth.makeKey(members).secret))
        let claims = try claims(response)
        #expect(claims["tier"]?.string == "gold" && claims["sub"]?.string == "alice")
        #expect(claims["n"]?.array?.count == 2)
        #expect(response.json?["expires_in"]?.integer == 30)
    }

    // threats: TOK-15
    @Test
    func `unknown parameters are ignored, and those without a value are absent`() throws {
        let booth = try Booth.current
        let call = TokenCall(
            key: try booth.makeKey().secret,
            [
                ("foo", "bar"), ("foo", "bar"), ("scope[]", "admin"), ("scope[x]", "y"), ("", "z"),
                ("scope", ""), ("audience", ""),
            ]
        )
        let response = try booth.token(call)
        #expect(response.status == 200)
        #expect(response.json?["scope"]?.string == "read write")
    }
}
