import Primitives
import Testing

@Suite("Rate limits and quotas: RFC 6585 §4, draft-ietf-httpapi-ratelimit-headers", .serialized, .booth)
struct RateLimits {
    /// A refusal by a limit, which says how long to wait and nothing else.
    private func expectLimited(
        _ response: HTTPResponse,
        _ waits: ClosedRange<Int>,
        _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(response.status == 429, "\(response.text)", sourceLocation: location)
        #expect(response.error == "temporarily_unavailable", sourceLocation: location)
        let wait = response["retry-after"].flatMap { Int($0) } ?? -1
        #expect(waits.contains(wait), "\(wait)", sourceLocation: location)
        #expect(response["www-authenticate"] == nil, sourceLocation: location)
    }

    @Test
    func `a key gets as many tokens at once as its rate says, and is told what is left`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey("\"rate_limit\":{\"requests\":3,\"seconds\":3600}")
        for left in [2, 1, 0] {
            let response = try booth.token(TokenCall(key: key.secret))
            #expect(response.status == 200)
            #expect(response["ratelimit-policy"] == "\"rate\";q=3;w=3600")
            let limit = try #require(response["ratelimit"])
            #expect(limit.hasPrefix("\"rate\";r=\(left);t="), "\(limit)")
        }
        for call in [TokenCall(key: key.secret), TokenCall(exchanging: key.secret)] {
            let refused = try booth.token(call)
            expectLimited(refused, 1_190...1_200)
            #expect(refused["ratelimit"] == "\"rate\";r=0;t=\(refused["retry-after"] ?? "")")
        }
        let other = try booth.token(TokenCall(key: try booth.makeKey().secret))
        #expect(other.status == 200 && other["ratelimit"] == nil && other["ratelimit-policy"] == nil)
        // A request that is not in order is told so, and counts for nothing.
        let scarce = try booth.makeKey("\"rate_limit\":{\"requests\":1,\"seconds\":3600}")
        for _ in 0..<3 {
            #expect(try booth.token(TokenCall(key: scarce.secret, [("scope", "nobody")])).status == 400)
        }
        #expect(try booth.token(TokenCall(key: scarce.secret)).status == 200)
    }

    @Test
    func `a limit that is changed acts on the next request, and one that is taken away is gone`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey("\"rate_limit\":{\"requests\":1,\"seconds\":3600}")
        #expect(try booth.token(TokenCall(key: key.secret)).status == 200)
        #expect(try booth.token(TokenCall(key: key.secret)).status == 429)
        // Whatever else is changed, what was used stays used.
        #expect(try booth.admin("PATCH", "keys/\(key.id)", "{\"description\":\"x\"}").status == 200)
        #expect(try booth.token(TokenCall(key: key.secret)).status == 429)
        let patch = "{\"rate_limit\":{\"requests\":3600}}"
        let wide = try booth.admin("PATCH", "keys/\(key.id)", patch)
        #expect(wide.json?["rate_limit"]?.object?["seconds"]?.integer == 3_600, "\(wide.text)")
        _ = eventually(seconds: 5) { try? booth.token(TokenCall(key: key.secret)).status == 200 ? true : nil }
        #expect(try booth.admin("PATCH", "keys/\(key.id)", "{\"rate_limit\":null}").status == 200)
        let free = try booth.token(TokenCall(key: key.secret))
        #expect(free.status == 200 && free["ratelimit"] == nil)
    }

    @Test
    func `a refresh beyond the limit spends nothing`() throws {
        let booth = try Booth.current
        let key = try booth.makeRefreshingKey("\"quota\":{\"tokens\":2,\"period\":\"day\"}")
        let first = try booth.exchanged(key)
        let second = try booth.refreshToken(booth.refresh(first, key))
        for _ in 0..<3 { expectLimited(try booth.refresh(second, key), 1...86_400) }
        expectLimited(try booth.token(TokenCall(exchanging: key.secret)), 1...86_400)
        #expect(try booth.admin("PATCH", "keys/\(key.id)", "{\"quota\":null}").status == 200)
        _ = try booth.refreshToken(booth.refresh(second, key))
    }

    @Test
    func `a quota counts tokens only, and one that is not enforced only counts`() throws {
        let booth = try Booth.current
        let key = try booth.makeRefreshingKey("\"quota\":{\"tokens\":2,\"period\":\"month\"}")
        for _ in 0..<3 {
            let bad = try booth.refresh("tbr_" + String(repeating: "A", count: 56), key)
            #expect(bad.status == 400)
        }
        let first = try booth.token(TokenCall(key: key.secret))
        #expect(first["ratelimit-policy"] == "\"quota\";q=2")
        #expect(first["ratelimit"]?.hasPrefix("\"quota\";r=1;t=") == true)
        #expect(try booth.token(TokenCall(key: key.secret)).status == 200)
        expectLimited(try booth.token(TokenCall(key: key.secret)), 1...2_678_400)

        let loose = try booth.makeKey("\"quota\":{\"tokens\":1,\"period\":\"day\",\"enforce\":false}")
        for _ in 0..<4 {
            let response = try booth.token(TokenCall(key: loose.secret))
            #expect(response.status == 200)
            #expect(response["ratelimit"] == nil && response["ratelimit-policy"] == nil)
        }
        let rate = "{\"rate_limit\":{\"requests\":9,\"seconds\":60}}"
        #expect(try booth.admin("PATCH", "keys/\(loose.id)", rate).status == 200)
        #expect(try booth.token(TokenCall(key: loose.secret))["ratelimit-policy"] == "\"rate\";q=9;w=60")
        let warnings = eventually(seconds: 3) {
            let lines = booth.log.split(separator: "\n").filter { $0.contains("quota exceeded") }
            return lines.isEmpty ? nil : lines
        }
        #expect(warnings?.count == 1 && warnings?.first?.contains(loose.id) == true)
    }

    // threats: INT-06
    @Test
    func `introspection is held to the rate, and revocation never`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey("\"rate_limit\":{\"requests\":3,\"seconds\":3600}")
        let response = try booth.token(TokenCall(key: key.secret))
        let token = try #require(response.json?["access_token"]?.string)
        func call(_ path: String) -> TokenCall {
            var call = TokenCall(key: key.secret)
            call.parameters = [("token", token)]
            call.path = path
            return call
        }
        for _ in 0..<2 { #expect(try booth.token(call("/oauth2/introspect")).status == 200) }
        expectLimited(try booth.token(call("/oauth2/introspect")), 1_190...1_200)
        for _ in 0..<3 { #expect(try booth.token(call("/oauth2/revoke")).status == 200) }
    }

    // threats: INT-06
    @Test
    func `whoever tries tokens at random is told of as many as the rate allows, and of none more`() throws {
        try RandomTokens.introspect(2_000, at: Booth.current)
    }

    @Test(arguments: [
        ("\"rate_limit\":{\"requests\":0,\"seconds\":60}", "/rate_limit/requests"),
        ("\"rate_limit\":{\"requests\":1000001,\"seconds\":60}", "/rate_limit/requests"),
        ("\"rate_limit\":{\"requests\":1.5,\"seconds\":60}", "/rate_limit/requests"),
        ("\"rate_limit\":{\"requests\":99999999999999999999,\"seconds\":60}", "/rate_limit/requests"),
        ("\"rate_limit\":{\"requests\":1}", "/rate_limit/seconds"),
        ("\"rate_limit\":{\"requests\":1,\"seconds\":86401}", "/rate_limit/seconds"),
        ("\"rate_limit\":{\"requests\":1,\"seconds\":1,\"burst\":1}", "/rate_limit/burst"),
        ("\"rate_limit\":\"100/60\"", "/rate_limit"), ("\"quota\":{\"tokens\":5}", "/quota/period"),
        ("\"quota\":{\"tokens\":-5,\"period\":\"day\"}", "/quota/tokens"),
        ("\"quota\":{\"tokens\":5,\"period\":\"week\"}", "/quota/period"),
        ("\"quota\":{\"tokens\":5,\"period\":\"day\",\"enforce\":\"no\"}", "/quota/enforce"),
        ("\"last_used_at\":\"2026-01-01T00:00:00Z\"", "/last_used_at"),
    ])
    func `a limit that means nothing is refused by its place`(members: String, pointer: String) throws {
        let booth = try Booth.current
        let response = try booth.admin("POST", "keys", "{\"name\":\"n\",\(members)}")
        #expect(response.status == 400, "\(response.text)")
        let pointers = response.json?["errors"]?.array?.compactMap { $0.object?["pointer"]?.string }
        #expect(pointers == [pointer])
        let key = try booth.makeKey()
        #expect(try booth.admin("PATCH", "keys/\(key.id)", "{\(members)}").status == 400)
    }
}
