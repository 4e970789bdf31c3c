import Foundation
import OAuth
import Primitives
import Testing

@Suite("Forward auth: who is kept out, and what cannot be asked", .booth)
struct KeptOut {
    // threats: FWD-03
    @Test
    func
        `too little is 403 and says which scopes it takes, a bad credential is 401, and none is not called bad`()
        throws
    {
        let booth = try Booth.current
        try booth.makeNames(roles: ["reader"], groups: ["partners"])
        let key = try booth.makeKey("\"scopes\":[\"read\"],\"roles\":[\"reader\"],\"groups\":[\"partners\"]")
        let token = try booth.accessToken(key)
        for question in [
            [("scope", "read write")], [("role", "writer")], [("group", "house")],
            [("role", "reader"), ("group", "house")], [("group", "Partners")], [("group", "reader")],
        ] {
            expectRefused(try booth.forward(token, question), 403, "insufficient_scope")
        }
        let scope = try booth.forward(token, [("scope", "read write")])["www-authenticate"]
        #expect(scope?.hasSuffix(", scope=\"read write\"") == true)
        expectRefused(
            try booth.forward([], ["Authorization: Bearer \(token)"], audience: "urn:other"),
            401,
            "invalid_token"
        )
        for bad in ["x", "a.b.c", "A" + token.dropFirst(), "tbr_" + String(repeating: "A", count: 56)] {
            expectRefused(try booth.forward(String(bad)), 401, "invalid_token")
        }
        for headers in [
            [], ["Authorization: Basic Og=="], ["Cookie: token=\(token)"], ["Authorization: Bearer"],
        ] {
            expectRefused(try booth.forward([], headers), 401, nil)
        }
        // The admin API's tokens are for nobody else.
        let root = try #require(try booth.token(TokenCall(key: booth.rootKey)).json?["access_token"]?.string)
        expectRefused(try booth.forward(root), 401, "invalid_token")
    }

    // threats: FWD-01
    @Test(arguments: [
        "", "?", "?scope=read", "?audience=", "?audience=urn:tokenbooth:admin", "?audience=a&audience=b",
        "?audience=a&unknown=1", "?audience=a&scope=", "?audience=a&group=", "?audience=a&role=a%20b",
        "?audience=a&allow_api_key=yes", "?audience=a&access_token=b", "?audience=%ZZ",
        "?audience=a&scope=a&scope=b",
    ])
    func `a question that is not in order is 400 whoever asks`(query: String) throws {
        let booth = try Booth.current
        let token = try booth.accessToken(try booth.makeKey())
        for headers in [[], ["Authorization: Bearer \(token)"]] {
            let response = try booth.get("/forward-auth" + query, headers: headers)
            #expect(response.status == 400 && response.error == "invalid_request", "\(response.text)")
        }
    }

    // threats: FWD-05
    @Test
    func `an API key is none where it is not allowed, and two credentials are refused`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        let token = try booth.accessToken(key)
        expectRefused(try booth.forward(key.secret), 401, "invalid_token")
        expectRefused(try booth.forward([], ["X-API-Key: \(key.secret)"]), 401, nil)
        expectRefused(try booth.forward([], ["Authorization: \(key.secret)"]), 401, "invalid_token")
        let both = ["Authorization: Bearer \(token)", "X-API-Key: \(key.secret)"]
        #expect(try booth.forward([], both).status == 200, "the header is none of ours then")
        expectRefused(try booth.forward([("allow_api_key", "1")], both), 401, "invalid_token")
        let twice = Array(repeating: "Authorization: Bearer \(token)", count: 2)
        expectRefused(try booth.forward([], twice), 401, "invalid_token")
    }

    // threats: FWD-05
    @Test
    func `an API key is held to its own limits as at the token endpoint`() throws {
        let booth = try Booth.current
        let allowed = [("allow_api_key", "1")]
        func answer(_ key: String, _ headers: [String] = [], _ audience: String = Booth.audience) throws
            -> HTTPResponse
        {
            try booth.forward(allowed, ["X-API-Key: \(key)"] + headers, audience: audience)
        }
        let key = try booth.makeKey()
        #expect(try answer(key.secret).status == 200)
        expectRefused(try answer(key.secret, [], "urn:elsewhere"), 401, "invalid_token")
        expectRefused(try answer(booth.rootKey), 401, "invalid_token")
        let unknown = String(decoding: APIKey.generate().secret, as: UTF8.self)
        expectRefused(try answer(unknown), 401, "invalid_token")
        expectRefused(try answer("tbk_short"), 401, "invalid_token")
        expectRefused(try answer(booth.makeKey("\"allowed_ips\":[]").secret), 401, "invalid_token")
        let paged = try booth.makeKey("\"allowed_referrers\":[\"https://app.example\"]").secret
        expectRefused(try answer(paged), 401, "invalid_token")
        #expect(try answer(paged, ["Origin: https://app.example"]).status == 200)
        let exchanger = try booth.makeKey("\"grant_types\":[\"\(TokenCall.exchange)\"]").secret
        expectRefused(try answer(exchanger), 403, "insufficient_scope")
        // One wording for all that is wrong with a credential.
        let other = try booth.makeKey("\"expires_at\":null")
        #expect(try booth.admin("POST", "keys/\(other.id)/disable").status == 200)
        #expect(try answer(other.secret).fingerprint == answer(unknown).fingerprint)
        #expect(try booth.admin("DELETE", "keys/\(key.id)").status == 204)
        expectRefused(try answer(key.secret), 401, "invalid_token")
    }

    // threats: FWD-06
    @Test(arguments: ["POST", "PUT", "GET"])
    func `a body that never comes is not waited for, and one that comes is no request`(method: String) throws
    {
        let booth = try Booth.current
        let token = try booth.accessToken(try booth.makeKey())
        let path = "/forward-auth?audience=\(Booth.audience)"
        let smuggled = Booth.head("GET", "/openapi.yaml") + "\r\n"
        for (fields, rest) in [
            (["Content-Length: 5000000"], ""), (["Content-Length: 2"], smuggled),
            (["Transfer-Encoding: chunked"], ""), (["Transfer-Encoding: chunked"], "0\r\n\r\n" + smuggled),
            (["Content-Length: 9", "Expect: 100-continue"], ""),
        ] {
            let connection = try booth.connect()
            let start = ContinuousClock.now
            connection.send(
                Booth.head(method, path, ["Authorization: Bearer \(token)"] + fields) + "\r\n" + rest
            )
            let response = try #require(connection.response())
            #expect(response.status == 200 && response["connection"] == "close")
            #expect(ContinuousClock.now - start < .seconds(3))
            #expect(connection.rest(seconds: 4) == [] && connection.isEnded)
        }
        let connection = try booth.connect()
        for _ in 0..<3 {
            let fields = ["Authorization: Bearer \(token)", "Content-Length: 0"]
            connection.send(Booth.head(method, path, fields) + "\r\n")
            let response = connection.response()
            #expect(response?.status == 200 && response?["connection"] == nil)
        }
    }

    // threats: FWD-04
    @Test
    func `a name that could pass for two is let through by no signature`() throws {
        let booth = try Booth.current
        let forge = try Forge(booth)
        let claims = try Forge.claims(of: booth.accessToken(try booth.makeKey()))
        func answer(_ name: String, _ value: String) throws -> HTTPResponse {
            let token = try forge.token(header: forge.header(), claims: Forge.text(claims, name, value))
            return try booth.forward(String(decoding: token, as: UTF8.self))
        }
        #expect(try answer("groups", #"["a"]"#).status == 200)
        for value in [#"["a,b"]"#, #"["a\r\nX-Auth-Subject: b"]"#, #"["é"]"#, #"["a b"]"#] {
            expectRefused(try answer("groups", value), 401, "invalid_token")
            expectRefused(try answer("roles", value), 401, "invalid_token")
        }
        expectRefused(try answer("sub", #""a\r\nb""#), 401, "invalid_token")
    }
}

@Suite(
    "Forward auth behind a trusted proxy",
    .booth(configuration: "trusted_proxies: [127.0.0.1]\nrate_limits: {failed_authentications: 3/1h}\n")
)
struct ForwardedFromElsewhere {
    private let allowed = [("allow_api_key", "1")]

    // threats: IPA-02, FWD-05
    @Test
    func `addresses are those that the proxy names`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey("\"allowed_ips\":[\"192.0.2.0/24\"]").secret
        for (address, status) in [
            ("192.0.2.7", 200), ("6.6.6.6, 192.0.2.7", 200), ("192.0.2.7, 6.6.6.6", 401),
        ] {
            let headers = ["X-API-Key: \(key)", "X-Forwarded-For: \(address)"]
            #expect(try booth.forward(allowed, headers).status == status, "\(address)")
        }
    }

    // threats: AUT-09
    @Test
    func `who guesses API keys is slowed, and a token that has expired is no guess`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey().secret
        func answer(_ credential: String) throws -> Int {
            let headers = ["Authorization: Bearer \(credential)", "X-Forwarded-For: 192.0.2.99"]
            return try booth.forward(allowed, headers).status
        }
        for _ in 0..<10 { #expect(try answer("a.b.c") == 401) }
        var statuses: [Int] = []
        for _ in 0..<5 {
            statuses.append(try answer(String(decoding: APIKey.generate().secret, as: UTF8.self)))
        }
        #expect(statuses == [401, 401, 401, 429, 429])
        #expect(try answer("a.b.c") == 401 && answer(key) == 200)
    }
}
