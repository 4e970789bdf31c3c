import Foundation
import Primitives
import Testing

@Suite("keys/{id}/rotate, keys/{id}/rotation and keys/lookup", .serialized, .booth)
struct KeyRotations {
    private static let hint = [("token_type_hint", TokenCall.apiKeyType)]

    /// Rotates a key; the answer is its new secret.
    private func rotate(_ key: MadeKey, _ body: String? = nil) throws -> MadeKey {
        let response = try Booth.current.admin("POST", "keys/\(key.id)/rotate", body)
        let json = try #require(response.json, "\(response.text)")
        #expect(response.status == 200 && json["id"]?.string == key.id, "\(response.text)")
        let secret = try #require(json["key"]?.string, "\(response.text)")
        try Booth.current.canaries.add(secret)
        return MadeKey(id: key.id, secret: secret)
    }

    private func status(_ key: MadeKey) throws -> Int {
        try Booth.current.token(TokenCall(key: key.secret)).status
    }

    private func moveEnd(_ key: MadeKey, secondsAhead: Int) throws -> HTTPResponse {
        let end = Date(timeIntervalSinceNow: Double(secondsAhead)).formatted(.iso8601)
        return try Booth.current.admin(
            "POST",
            "keys/\(key.id)/rotation",
            "{\"previous_expires_at\":\"\(end)\"}"
        )
    }

    @Test
    func `both secrets get tokens during the overlap, and the second rotation ends the oldest`() throws {
        let booth = try Booth.current
        let first = try booth.makeKey("\"expires_at\":\"2999-01-01T00:00:00Z\"")
        #expect(try status(first) == 200)
        let second = try rotate(first)
        for _ in 0..<3 { #expect(try [status(first), status(second)] == [200, 200]) }
        for key in [first, second] {
            let claims = try AccessToken.unverifiedClaims(booth.token(TokenCall(key: key.secret)))
            #expect(claims["client_id"]?.string == first.id)
        }
        let shown = try booth.admin("GET", "keys/\(first.id)").json
        #expect(shown?["rotation"]?.object?["previous_expires_at"]?.string != nil)
        #expect(shown?["expires_at"]?.string == "2999-01-01T00:00:00Z")
        let third = try rotate(second, "{\"grace_seconds\":900}")
        #expect(try [status(first), status(second), status(third)] == [401, 200, 200])
        let fourth = try rotate(third, "{\"grace_seconds\":0}")
        #expect(try [status(second), status(third), status(fourth)] == [401, 401, 200])
        #expect(try booth.admin("GET", "keys/\(first.id)").json?["rotation"]?.object == nil)
    }

    /// Nothing is written at the end, so nothing tells the cache.
    @Test
    func `a secret in memory is refused from the second on in which its overlap ends`() throws {
        let first = try Booth.current.makeKey()
        let second = try rotate(first)
        #expect(try moveEnd(first, secondsAhead: 90_000).status == 400)
        #expect(try moveEnd(first, secondsAhead: 2).status == 200)
        #expect(try status(first) == 200, "and is in memory now")
        #expect(try eventually(seconds: 5) { try status(first) == 401 ? true : nil } == true)
        #expect(try status(second) == 200)
        #expect(try moveEnd(first, secondsAhead: 60).status == 409)
    }

    @Test
    func `an overlap ends at once when it is told so`() throws {
        let first = try Booth.current.makeKey()
        #expect(try moveEnd(first, secondsAhead: 60).status == 409)
        let second = try rotate(first)
        #expect(try moveEnd(first, secondsAhead: 0).status == 200)
        #expect(try [status(first), status(second)] == [401, 200])
    }

    @Test
    func `end_tokens ends every token of the key, and no token of another`() throws {
        let booth = try Booth.current
        let (key, other) = (try booth.makeRefreshingKey(), try booth.makeRefreshingKey())
        let (access, otherAccess) = (try booth.accessToken(key), try booth.accessToken(other))
        let (refresh, otherRefresh) = (try booth.exchanged(key), try booth.exchanged(other))
        let plain = try rotate(key)
        #expect(try booth.isActive(access, for: plain), "a rotation alone ends none")
        let rotated = try rotate(plain, "{\"end_tokens\":true}")
        #expect(try !booth.isActive(access, for: rotated))
        #expect(try !booth.isActive(refresh, for: rotated))
        expectInvalidGrant(try booth.refresh(refresh, rotated))
        #expect(try booth.isActive(try booth.accessToken(rotated), for: rotated))
        #expect(try booth.isActive(try booth.accessToken(plain), for: rotated), "its secret works still")
        #expect(try booth.isActive(otherAccess, for: other))
        _ = try booth.refreshToken(booth.refresh(otherRefresh, other))
    }

    @Test
    func `one of two secrets that is presented for revocation ends alone, the last one ends the key`() throws
    {
        let booth = try Booth.current
        let first = try booth.makeKey()
        let second = try rotate(first)
        let token = try booth.accessToken(first)
        try booth.revoked(first.secret, by: nil, Self.hint)
        #expect(try [status(first), status(second)] == [401, 200])
        #expect(try booth.isActive(token, for: second), "its tokens are the key's")
        let third = try rotate(second)
        try booth.revoked(third.secret, by: nil, Self.hint)
        #expect(try [status(second), status(third)] == [200, 401])
        let shown = try booth.admin("GET", "keys/\(first.id)").json
        #expect(shown?["status"]?.string == "active")
        #expect(shown?["rotation"]?.object?["current_revoked_at"]?.string != nil)
        try booth.revoked(third.secret, by: nil, Self.hint)
        #expect(try status(second) == 200)
        try booth.revoked(second.secret, by: nil, Self.hint)
        #expect(try booth.admin("GET", "keys/\(first.id)").json?["status"]?.string == "revoked")
        #expect(try status(second) == 401)
    }

    @Test
    func `a secret that was found somewhere finds its key, in the body only`() throws {
        let booth = try Booth.current
        let first = try booth.makeKey()
        let second = try rotate(first)
        func lookup(_ secret: String, key: String? = nil) throws -> HTTPResponse {
            try booth.admin("POST", "keys/lookup", "{\"key\":\"\(secret)\"}", key: key)
        }
        for key in [first, second] {
            let response = try lookup(key.secret)
            #expect(response.status == 200 && response.json?["id"]?.string == first.id)
            #expect(!response.text.contains(key.secret))
        }
        let unknown = try lookup("tbk_" + String(repeating: "0", count: 30) + "1Wgklh")
        #expect(unknown.status == 404)
        #expect(try lookup(first.secret + "x").status == 400)
        #expect(try booth.admin("GET", "keys/lookup").status == 405)
        let admin = try booth.makeKey(
            "\"admin_role\":\"admin\",\"audiences\":[\"urn:tokenbooth:admin\"],\"scopes\":[\"keys:read\"]"
        )
        let unseen = try lookup(first.secret, key: admin.secret)
        #expect(unseen.status == 404 && unseen.json?["detail"]?.string == unknown.json?["detail"]?.string)
        #expect(try lookup(admin.secret, key: admin.secret).status == 200)
    }

    @Test
    func `a secret in its overlap opens the admin API, and none after it`() throws {
        let booth = try Booth.current
        let first = try booth.makeKey(
            "\"admin_role\":\"admin\",\"audiences\":[\"urn:tokenbooth:admin\"],\"scopes\":[\"keys:read\"]"
        )
        let second = try rotate(first)
        func status(_ key: MadeKey) throws -> Int { try booth.admin("GET", "keys", key: key.secret).status }
        #expect(try [status(first), status(second)] == [200, 200])
        #expect(try moveEnd(first, secondsAhead: -5).status == 200)
        #expect(try [status(first), status(second)] == [401, 200])
    }
}
