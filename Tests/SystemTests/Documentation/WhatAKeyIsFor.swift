import Foundation
import Primitives
import Testing

/// What people expect of API keys, one test for each of the documents that the project was asked to be built from.
@Suite("What an API key is for", .serialized, .booth)
struct WhatAKeyIsFor {
    private static let administration = "urn:tokenbooth:admin"

    @Test
    func
        `API keys and access tokens: a key identifies the application, which uses token_type and access_token`()
        throws
    {
        let booth = try Booth.current
        let key = try booth.makeKey("\"audiences\":[\"\(Self.administration)\"],\"admin_role\":\"admin\"")
        var call = TokenCall()
        call.headers = ["Authorization: Bearer \(key.secret)"]
        let answer = try booth.token(call)
        #expect(try AccessToken(answer, of: booth).claims["client_id"]?.string == key.id)
        let (type, token) = (answer.json?["token_type"]?.string, answer.json?["access_token"]?.string)
        let header = "Authorization: " + (type ?? "") + " " + (token ?? "")
        let head = Booth.head("GET", "/admin/v1/scopes", [header])
        let response = try booth.send(Array((head + "\r\n").utf8), to: .admin)
        // The key has no scope for it: it is known, and told so.
        #expect(response.status == 403, "\(response.text)")
    }

    @Test
    func `securing an endpoint: a named key has variables, addresses and groups, and is shown once`() throws {
        let booth = try Booth.current
        #expect([201, 409].contains(try booth.admin("POST", "groups", "{\"name\":\"partners\"}").status))
        let key = try booth.makeKey(
            """
            "claims":{"tenant":"acme"},"allowed_ips":["127.0.0.0/8"],"groups":["partners"]
            """
        )
        let claims = try AccessToken(booth.token(TokenCall(key: key.secret)), of: booth).claims
        #expect(claims["tenant"]?.string == "acme")
        #expect(claims["groups"]?.array?.compactMap(\.string) == ["partners"])
        #expect(try booth.admin("GET", "keys/\(key.id)").json?["key"] == nil)
        #expect(try booth.admin("PATCH", "keys/\(key.id)", "{\"allowed_ips\":[]}").status == 200)
        #expect(try booth.token(TokenCall(key: key.secret)).error == "invalid_client")
        // Some endpoints are public, others ask for a credential.
        #expect(try booth.get("/oauth2/jwks").status == 200)
        #expect(try booth.token(TokenCall()).status == 401)
    }

    @Test
    func
        `securing an endpoint: the proxy before it asks for a Bearer token, and a group filters who may call`()
        throws
    {
        let booth = try Booth.current
        try booth.makeNames(groups: ["partners", "staff"])
        let partner = try booth.makeKey("\"groups\":[\"partners\"]")
        let stranger = try booth.makeKey("\"groups\":[\"staff\"]")
        let token = try booth.accessToken(partner)
        // The endpoint requires authentication.
        #expect(try booth.forward().status == 401)
        #expect(try booth.forward(token).status == 200)
        // An API key group is configured for it; the keys in it come in, others are told that they may not.
        let group = [("group", "partners")]
        #expect(try booth.forward(token, group)["x-auth-client-id"] == partner.id)
        #expect(try booth.forward(booth.accessToken(stranger), group).status == 403)
        let both = group + [("group", "staff")]
        #expect(try booth.forward(booth.accessToken(stranger), both).status == 200)
        // "Authorization: Bearer <token>" with the key itself, where the endpoint takes keys.
        let keyed = group + [("allow_api_key", "1")]
        #expect(try booth.forward(partner.secret, keyed).status == 200)
        #expect(try booth.forward(stranger.secret, keyed).status == 403)
        // Out of the group: the next token is without it.
        #expect(try booth.admin("PATCH", "keys/\(partner.id)", "{\"groups\":[]}").status == 200)
        #expect(try booth.forward(booth.accessToken(partner), group).status == 403)
        #expect(try booth.admin("DELETE", "keys/\(partner.id)").status == 204)
        #expect(try booth.forward(token, group).status == 401)
        #expect(try booth.forward(partner.secret, keyed).status == 401)
    }

    @Test
    func
        `securing an endpoint: a service that verifies tokens itself lets in the keys of a group`()
        async throws
    {
        let booth = try Booth.current
        try booth.makeNames(groups: ["finance", "sales"])
        let (member, stranger) = (
            try booth.makeKey("\"groups\":[\"finance\"]"), try booth.makeKey("\"groups\":[\"sales\"]")
        )
        try await ProtectedService.serving { (ask: ProtectedService.Ask) async throws in
            #expect(try await ask(booth.accessToken(member)) == 200)
            #expect(try await ask(booth.accessToken(stranger)) == 403)
            #expect(try await ask(member.secret) == 401, "a key is no token")
        }
    }

    @Test
    func `API keys page: create with name, expiry and described scopes, list, rotate and delete one's own`()
        throws
    {
        let booth = try Booth.current
        #expect(
            [201, 409].contains(
                try booth.admin("POST", "scopes", "{\"name\":\"pages:read\",\"description\":\"Read pages\"}")
                    .status
            )
        )
        #expect(try booth.admin("GET", "scopes/pages:read").json?["description"]?.string == "Read pages")
        let rights =
            "\"admin_role\":\"admin\",\"scopes\":[\"keys:read\",\"keys:write\",\"pages:read\"],"
            + "\"audiences\":[\"\(Self.administration)\",\"\(Booth.audience)\"]"
        let (owner, other) = (try booth.makeKey(rights), try booth.makeKey(rights))
        let expiry = Timestamp.text(Int64(Date().timeIntervalSince1970) + 86_400)
        let body =
            "{\"name\":\"my page\",\"scopes\":[\"pages:read\"],\"audiences\":[\"\(Booth.audience)\"],"
            + "\"expires_at\":\"\(expiry)\"}"
        let made = try booth.admin("POST", "keys", body, key: owner.secret)
        #expect(made.status == 201, "\(made.text)")
        let (id, first) = (
            try #require(made.json?["id"]?.string), try #require(made.json?["key"]?.string)
        )
        booth.canaries.add(first)
        let shown = try booth.admin("GET", "keys/\(id)", key: owner.secret).json
        #expect(shown?["name"]?.string == "my page" && shown?["owner"]?.string == owner.id)
        #expect(shown?["expires_at"]?.string != nil && shown?["key"] == nil, "it is shown once")
        let list = "keys?scope=pages:read&owner=\(owner.id)"
        let listed = try booth.admin("GET", list, key: owner.secret).json?["items"]?.array
        #expect(listed?.compactMap { $0.object?["id"]?.string } == [id])
        #expect(listed?.first?.object?["key"] == nil)
        // For another administrator it is not there.
        #expect(try booth.admin("GET", list, key: other.secret).json?["items"]?.array?.isEmpty == true)
        for (method, path, body) in [
            ("GET", "", nil), ("PATCH", "", "{\"name\":\"mine\"}"), ("POST", "/rotate", "{}"),
            ("DELETE", "", nil),
        ] as [(String, String, String?)] {
            let refused = try booth.admin(method, "keys/\(id)" + path, body, key: other.secret)
            #expect(refused.status == 404 && refused.json?["key"] == nil, "\(method): \(refused.text)")
        }
        let grace = "{\"grace_seconds\":0}"
        let rotated = try booth.admin("POST", "keys/\(id)/rotate", grace, key: owner.secret).json
        let secret = try #require(rotated?["key"]?.string)
        booth.canaries.add(secret)
        #expect(rotated?["expires_at"]?.string == shown?["expires_at"]?.string)
        #expect(try booth.token(TokenCall(key: first)).status == 401)
        #expect(try booth.token(TokenCall(key: secret)).status == 200)
        #expect(try booth.admin("DELETE", "keys/\(id)", key: owner.secret).status == 204)
        #expect(try booth.token(TokenCall(key: secret)).status == 401)
        let ended = try booth.admin("GET", "keys/\(id)", key: owner.secret).json
        #expect(ended?["status"]?.string == "revoked" && ended?["key"] == nil)
    }

    @Test
    func
        `bot API keys: admins delete their own, super admins all; many roles and addresses; x-api-key; forty characters`()
        throws
    {
        let booth = try Booth.current
        for role in ["reader", "writer"] {
            let body = "{\"name\":\"\(role)\",\"scopes\":[]}"
            #expect([201, 409].contains(try booth.admin("POST", "roles", body).status))
        }
        let rights =
            "\"admin_role\":\"admin\",\"scopes\":[\"keys:write\"],"
            + "\"audiences\":[\"\(Self.administration)\",\"\(Booth.audience)\"]"
        let (admin, other) = (try booth.makeKey(rights), try booth.makeKey(rights))
        func bot(for audience: String) -> String {
            "{\"name\":\"bot\",\"scopes\":[],\"audiences\":[\"\(audience)\"]}"
        }
        let own = try booth.admin("POST", "keys", bot(for: Booth.audience), key: admin.secret)
        #expect(own.status == 201, "\(own.text)")
        // Nobody gives an audience that they do not hold, the admin one least of all.
        #expect(
            try booth.admin("POST", "keys", bot(for: Self.administration), key: admin.secret).status == 403
        )
        let bot = try booth.makeKey(
            "\"roles\":[\"reader\",\"writer\"],\"allowed_ips\":[\"127.0.0.1\",\"192.0.2.0/24\",\"2001:db8::/32\"]"
        )
        #expect(bot.secret.utf8.count == 40)
        #expect(bot.secret.utf8.allSatisfy { Self.alphabet.contains($0) })
        var call = TokenCall()
        call.headers = ["x-api-key: \(bot.secret)"]
        let claims = try AccessToken(booth.token(call), of: booth).claims
        #expect(claims["roles"]?.array?.compactMap(\.string) == ["reader", "writer"])
        #expect(try booth.admin("DELETE", "keys/\(bot.id)", key: admin.secret).status == 404)
        if let id = own.json?["id"]?.string, let secret = own.json?["key"]?.string {
            booth.canaries.add(secret)
            #expect(try booth.admin("DELETE", "keys/\(id)", key: other.secret).status == 404)
            #expect(try booth.admin("DELETE", "keys/\(id)", key: admin.secret).status == 204)
        }
        #expect(try booth.admin("DELETE", "keys/\(bot.id)").status == 204)
    }

    private static let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-".utf8)
}
