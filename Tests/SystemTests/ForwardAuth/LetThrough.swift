import Foundation
import OAuth
import Primitives
import Testing

@Suite("Forward auth: who is let through, and as whom", .serialized, .booth)
struct LetThrough {
    // threats: FWD-04
    @Test
    func `a token says who it is, in fields that are always there`() throws {
        let booth = try Booth.current
        try booth.makeNames(roles: ["reader", "writer"], groups: ["partners", "house"])
        let key = try booth.makeKey(
            """
            "subject":"service:reports","roles":["reader","writer"],"groups":["partners","house"],
            "scopes":["read","write"]
            """
        )
        let token = try booth.accessToken(key)
        let response = try booth.forward(token, [("scope", "write read"), ("role", "x"), ("role", "writer")])
        #expect(response.status == 200, "\(response.text)")
        #expect(response["cache-control"] == "no-store" && response.body.isEmpty)
        let fields = [key.id, "service:reports", "read write", "reader,writer", "partners,house", ""]
        #expect(ForwardedFields(response) == ForwardedFields(fields))
        // What the client has written there itself is not what comes out.
        let lies = ForwardedFields.names.map { "\($0): somebody-else" } + ["Authorization: Bearer \(token)"]
        #expect(try ForwardedFields(booth.forward([], lies)) == ForwardedFields(fields))
        let plain = try booth.makeKey("\"scopes\":[]")
        let bare = try booth.forward(booth.accessToken(plain))
        #expect(ForwardedFields(bare) == ForwardedFields([plain.id, plain.id, "", "", "", ""]))
    }

    // threats: FWD-02
    @Test
    func `after the answer to a revocation nobody is let through, and enabling lets in again`() throws {
        let booth = try Booth.current
        let key = try booth.makeRefreshingKey()
        let (token, other) = (try booth.accessToken(key), try booth.accessToken(key))
        #expect(try booth.forward(token).status == 200)
        try booth.revoked(token, by: key)
        expectRefused(try booth.forward(token), 401, "invalid_token")
        #expect(try booth.forward(other).status == 200)
        let exchanged = try booth.token(TokenCall(exchanging: key.secret))
        let member = try #require(exchanged.json?["access_token"]?.string)
        #expect(try booth.forward(member).status == 200)
        try booth.revoked(booth.refreshToken(exchanged), by: key)
        expectRefused(try booth.forward(member), 401, "invalid_token")
        #expect(try booth.admin("POST", "keys/\(key.id)/disable").status == 200)
        expectRefused(try booth.forward(other), 401, "invalid_token")
        #expect(try booth.admin("POST", "keys/\(key.id)/enable").status == 200)
        #expect(try booth.forward(other).status == 200)
        let rotation = "{\"grace_seconds\":0,\"end_tokens\":true}"
        let secret = try #require(
            try booth.admin("POST", "keys/\(key.id)/rotate", rotation).json?["key"]?.string
        )
        booth.canaries.add(secret)
        expectRefused(try booth.forward(other), 401, "invalid_token")
        let newest = try booth.accessToken(MadeKey(id: key.id, secret: secret))
        #expect(try booth.forward(newest).status == 200)
        #expect(try booth.admin("DELETE", "keys/\(key.id)").status == 204)
        expectRefused(try booth.forward(newest), 401, "invalid_token")
    }

    @Test
    func `a token that one key got for another is let through while both live`() throws {
        let booth = try Booth.current
        let subject = try booth.makeKey()
        let agent = try booth.makeKey("\"may_exchange\":[\"\(subject.id)\"]")
        let call = TokenCall(exchangingToken: try booth.accessToken(subject), key: agent.secret)
        let token = try #require(try booth.token(call).json?["access_token"]?.string)
        let response = try booth.forward(token)
        #expect(response["x-auth-client-id"] == agent.id && response["x-auth-subject"] == subject.id)
        #expect(try booth.admin("POST", "keys/\(agent.id)/disable").status == 200)
        expectRefused(try booth.forward(token), 401, "invalid_token")
        #expect(try booth.admin("POST", "keys/\(agent.id)/enable").status == 200)
        #expect(try booth.forward(token).status == 200)
        #expect(try booth.admin("DELETE", "keys/\(subject.id)").status == 204)
        expectRefused(try booth.forward(token), 401, "invalid_token")
    }

    // threats: FWD-05
    @Test
    func `an API key that is allowed is exchanged on the way, and counted`() throws {
        let booth = try Booth.current
        try booth.makeNames(groups: ["partners"])
        let key = try booth.makeKey(
            "\"groups\":[\"partners\"],\"claims\":{\"tenant\":\"acme\"},\"quota\":{\"tokens\":2,\"period\":\"day\"}"
        )
        let question = [("group", "partners"), ("scope", "read"), ("allow_api_key", "1")]
        for header in ["X-API-Key: \(key.secret)", "Authorization: Bearer \(key.secret)"] {
            let response = try booth.forward(question, [header])
            let token = try #require(response["x-auth-token"])
            #expect(response.status == 200 && response["x-auth-groups"] == "partners")
            #expect(response["ratelimit"] != nil)
            let claims = try Forge.claims(of: token)
            #expect(claims["aud"]?.string == Booth.audience && claims["client_id"]?.string == key.id)
            #expect(claims["tenant"]?.string == "acme" && claims["scope"]?.string == "read write")
            let life = (claims["exp"]?.integer ?? 0) - (claims["iat"]?.integer ?? 0)
            #expect(life == 60)
            #expect(try booth.isActive(token, for: key))
            #expect(try booth.forward(token, [("group", "partners")])["x-auth-token"] == "")
        }
        let beyond = try booth.forward(question, ["X-API-Key: \(key.secret)"])
        #expect(
            beyond.status == 429 && beyond["retry-after"] != nil && beyond.error == "temporarily_unavailable"
        )
        let counted: Bool? = eventually(seconds: 12) {
            usleep(200_000)
            let items = try? booth.admin("GET", "usage?key=\(key.id)").json?["items"]?.array
            let usage = items?.first?.object
            return usage?["exchanges"]?.integer == 2 && usage?["denied"]?.object?["quota"]?.integer == 1
                ? true : nil
        }
        #expect(counted == true)
        let shown = try booth.admin("GET", "keys/\(key.id)").json
        #expect(shown?["last_used_at"]?.string != nil && shown?["last_used_ip"]?.string == "127.0.0.1")
    }

    @Test
    func `it is in the metrics and the log, and the question is in neither`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        let token = try booth.accessToken(key)
        let sample = "tokenbooth_http_requests_total{route=\"forwardAuth\",method=\"GET\",status=\"200\"}"
        _ = try booth.forward(token)
        let before = try booth.labelled(sample)
        let headers = ["Authorization: Bearer \(token)", "X-Request-Id: forwarded-1"]
        #expect(try booth.forward([("scope", "read")], headers).status == 200)
        #expect(try booth.labelled(sample) == before + 1)
        let line = try #require(booth.logLine(request: "forwarded-1"))
        #expect(line["operation"]?.string == "forwardAuth" && line["client_id"]?.string == key.id)
        _ = try booth.forward(
            [("group", "elsewhere")],
            ["Authorization: Bearer \(token)", "X-Request-Id: forwarded-2"]
        )
        let refused = try #require(booth.logLine(request: "forwarded-2"))
        #expect(refused["error"]?.string == "insufficient_scope" && refused["client_id"]?.string == key.id)
        #expect(!booth.log.contains("elsewhere") && !booth.log.contains(token))
        #expect(try !booth.get("/metrics", from: .admin).text.contains("elsewhere"))
    }

    @Test
    func `last_used_at follows the tokens of a key through the proxy`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        let token = try booth.accessToken(key)
        let sample = "keys/\(key.id)"
        func lastUse() throws -> String? { try booth.admin("GET", sample).json?["last_used_at"]?.string }
        let first: String? = try eventually(seconds: 12) { try lastUse() }
        let later: Bool? = try eventually(seconds: 14) {
            usleep(300_000)
            _ = try booth.forward(token)
            return try lastUse() != first ? true : nil
        }
        #expect(first != nil && later == true)
    }
}
