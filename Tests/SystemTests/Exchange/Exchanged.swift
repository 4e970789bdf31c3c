import Foundation
import Primitives
import Testing

@Suite("Exchange of access tokens: RFC 8693", .serialized, .booth)
struct Exchanged {
    // threats: EXC-09
    @Test
    func `a key exchanges its own token for a narrower one of its own grant`() throws {
        let booth = try Booth.current
        let key = try booth.makeRefreshingKey("\"claims\":{\"tenant\":\"acme\"},\"subject\":\"service:a\"")
        let subject = try booth.accessToken(key, [("audience", Booth.audience), ("audience", "urn:other")])
        let narrower = [("scope", "read"), ("audience", "urn:other")]
        let response = try booth.token(TokenCall(exchangingToken: subject, key: key.secret, narrower))
        let json = try #require(response.json, "\(response.text)")
        #expect(json["issued_token_type"]?.string == TokenCall.accessTokenType)
        #expect(json["token_type"]?.string == "Bearer" && json["scope"]?.string == "read")
        #expect(json["refresh_token"] == nil)
        let (old, new) = (try Forge.claims(of: subject), try AccessToken(response, of: booth).claims)
        for name in ["iss", "sub", "project", "tenant", "status", "client_id", "token_type"] {
            #expect(new[name]?.serialized == old[name]?.serialized, "\(name)")
        }
        #expect(new["aud"]?.string == "urn:other" && new["scope"]?.string == "read" && new["act"] == nil)
        #expect(new["jti"]?.string != old["jti"]?.string)
        #expect((new["exp"]?.integer ?? .max) <= (old["exp"]?.integer ?? 0))
        let all = try Forge.claims(of: granted(subject, by: key))
        #expect(all["scope"]?.string == "read write" && all["aud"]?.array?.count == 2)
    }

    // threats: EXC-05
    @Test
    func `another's token is exchanged only with permission, and act says who acts`() throws {
        let booth = try Booth.current
        let subject = try booth.makeKey("\"subject\":\"user:ann\"")
        let token = try booth.accessToken(subject)
        try refused(token, by: try booth.makeKey())
        try refused(token, by: try booth.makeKey("\"may_exchange\":[\"key_01jd3m8v7q2x9k4t6w5r0b1nfh\"]"))

        let project = try #require(Forge.claims(of: token)["project"]?.string)
        for permission in [subject.id, project] {
            let service = try booth.makeKey("\"may_exchange\":[\"\(permission)\"],\"subject\":\"service:b\"")
            let claims = try Forge.claims(of: granted(token, by: service))
            #expect(claims["sub"]?.string == "user:ann" && claims["client_id"]?.string == service.id)
            #expect(claims["act"]?.serialized == Array(#"{"sub":"service:b"}"#.utf8))
        }
    }

    @Test
    func `may_exchange is shown, changed and bounded`() throws {
        let booth = try Booth.current
        let (subject, service) = (try booth.makeKey(), try booth.makeKey())
        let token = try booth.accessToken(subject)
        try refused(token, by: service)
        let patch = "{\"may_exchange\":[\"\(subject.id)\"]}"
        let changed = try booth.admin("PATCH", "keys/\(service.id)", patch)
        #expect(changed.json?["may_exchange"]?.array?.compactMap(\.string) == [subject.id], "\(changed.text)")
        _ = try granted(token, by: service)
        #expect(try booth.admin("PATCH", "keys/\(service.id)", #"{"may_exchange":null}"#).status == 200)
        try refused(token, by: service)
        for entries in ["\"x\"", "[\"x\"]", "[\"default\"]", "[1]", "[\"\(subject.id)\",\"\(subject.id)\"]"] {
            let body = "{\"name\":\"x\",\"may_exchange\":\(entries)}"
            #expect(try booth.admin("POST", "keys", body).status == 400, "\(entries)")
        }
        let admin = try booth.makeKey(
            "\"admin_role\":\"admin\",\"audiences\":[\"urn:tokenbooth:admin\"],\"scopes\":[\"keys:write\",\"keys:read\"]"
        )
        let grant = "{\"name\":\"x\",\"scopes\":[],\"may_exchange\":[\"\(subject.id)\"]}"
        #expect(try booth.admin("POST", "keys", grant, key: admin.secret).status == 403)
    }

    // threats: EXC-10
    @Test
    func `a chain gains neither life nor scope, and ends at four actors`() throws {
        let booth = try Booth.current
        let project = try #require(Forge.claims(of: booth.accessToken(booth.makeKey()))["project"]?.string)
        let keys = try (0..<6).map { number in
            try booth.makeKey("\"may_exchange\":[\"\(project)\"],\"subject\":\"s\(number)\"")
        }
        var token = try booth.accessToken(keys[0], [("scope", "read")])
        let first = try Forge.claims(of: token)
        for key in keys[1...4] {
            token = try granted(token, by: key)
            let claims = try Forge.claims(of: token)
            #expect((claims["exp"]?.integer ?? .max) <= (first["exp"]?.integer ?? 0))
            #expect(claims["scope"]?.string == "read" && claims["sub"]?.string == "s0")
        }
        let act = #"{"sub":"s4","act":{"sub":"s3","act":{"sub":"s2","act":{"sub":"s1"}}}}"#
        #expect(try Forge.claims(of: token)["act"]?.serialized == Array(act.utf8))
        #expect(try booth.isActive(token, for: keys[4]))
        try refused(token, by: keys[5])
        for _ in 0..<100 { token = try granted(token, by: keys[4]) }
        #expect(try Forge.claims(of: token)["act"]?.serialized == Array(act.utf8))
        #expect(try Forge.claims(of: token)["exp"]?.integer == first["exp"]?.integer)
    }

    // threats: EXC-13
    @Test
    func `a derived token ends with its subject's grant and with its client`() throws {
        let booth = try Booth.current
        let reader = try booth.makeKey("\"scopes\":[\"tokens:introspect\"]")
        func pair() throws -> (subject: MadeKey, service: MadeKey, token: String, derived: String) {
            let subject = try booth.makeRefreshingKey()
            let service = try booth.makeKey("\"may_exchange\":[\"\(subject.id)\"]")
            let token = try booth.accessToken(subject)
            return (subject, service, token, try granted(token, by: service))
        }
        let first = try pair()
        #expect(
            try booth.isActive(first.derived, for: reader)
                && booth.isActive(first.derived, for: first.service)
        )
        // The subject token alone: what was got for it lives on.
        try booth.revoked(first.token, by: first.subject)
        #expect(try booth.isActive(first.derived, for: reader))
        #expect(try booth.admin("DELETE", "keys/\(first.subject.id)").status == 204)
        #expect(try !booth.isActive(first.derived, for: reader))

        let second = try pair()
        #expect(try booth.admin("POST", "keys/\(second.service.id)/disable").status == 200)
        #expect(try !booth.isActive(second.derived, for: reader))
        #expect(try booth.admin("POST", "keys/\(second.service.id)/enable").status == 200)
        #expect(try booth.isActive(second.derived, for: reader))
        #expect(try booth.admin("DELETE", "keys/\(second.service.id)").status == 204)
        #expect(try !booth.isActive(second.derived, for: reader))
        #expect(try booth.isActive(second.token, for: reader))

        let subject = try booth.makeRefreshingKey()
        let response = try booth.token(TokenCall(exchanging: subject.secret))
        let refresh = try booth.refreshToken(response)
        let derived = try granted(try #require(response.json?["access_token"]?.string), by: subject)
        #expect(try booth.isActive(derived, for: reader))
        try booth.revoked(refresh, by: subject)
        #expect(try !booth.isActive(derived, for: reader))
    }
}
