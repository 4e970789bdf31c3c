import Foundation
import JOSE
import OAuth
import Primitives
import Testing

@Suite("Status lists: draft-ietf-oauth-status-list", .serialized, .booth(configuration: "status_ttl: 5"))
struct StatusLists {
    private func status(_ key: MadeKey) throws -> StatusClaim {
        let booth = try Booth.current
        return try StatusClaim(AccessToken(booth.token(TokenCall(key: key.secret)), of: booth).claims)
    }

    private func becomes(_ value: UInt8, _ status: StatusClaim) throws {
        let booth = try Booth.current
        let start = ContinuousClock.now
        let reached: Bool? = try eventually(seconds: 10) { try status.value(of: booth) == value ? true : nil }
        #expect(reached == true)
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test
    func `all tokens of a key name its one place, and those of another another`() throws {
        let booth = try Booth.current
        let (key, other) = (try booth.makeKey(), try booth.makeKey())
        let (first, again) = (try status(key), try status(key))
        #expect(first.uri == again.uri && first.index == again.index)
        let exchanged = try booth.token(TokenCall(exchanging: key.secret))
        #expect(try StatusClaim(AccessToken(exchanged, of: booth).claims).index == first.index)
        #expect(try status(other).index != first.index)
        #expect(first.uri.hasPrefix(booth.issuer + "/oauth2/status-lists/"))
        let all = try booth.get("/oauth2/status-lists")
        #expect(all.json?["status_lists"]?.array?.compactMap(\.string) == [first.uri])
        #expect(all["content-type"] == "application/json" && all["cache-control"] == "no-cache")
        #expect(try first.value(of: booth) == 0)
    }

    // threats: REV-01
    @Test
    func `a key that is disabled, enabled and revoked is SUSPENDED, VALID and INVALID within a second`()
        throws
    {
        let booth = try Booth.current
        let key = try booth.makeKey()
        let status = try status(key)
        let first = try SignedList(status.uri, of: booth)
        #expect(try status.value(in: first) == 0)
        #expect(try booth.admin("POST", "keys/\(key.id)/disable").status == 200)
        try becomes(2, status)
        let second = try SignedList(status.uri, of: booth)
        #expect(second.response["etag"] != first.response["etag"])
        let times = [first, second].map { $0.claims["iat"]?.integer ?? 0 }
        #expect(times[0] < times[1])
        #expect(try booth.admin("POST", "keys/\(key.id)/enable").status == 200)
        try becomes(0, status)
        #expect([200, 204].contains(try booth.admin("DELETE", "keys/\(key.id)").status))
        try becomes(1, status)
        // It stays so, and no other key gets the place.
        #expect(try booth.admin("POST", "keys/\(key.id)/enable").status != 200)
        #expect(try status.value(of: booth) == 1)
    }

    @Test
    func `a family that was revoked by itself stays INVALID when its key is enabled`() throws {
        let booth = try Booth.current
        let types = ["client_credentials", TokenCall.exchange, "refresh_token"].map { "\"\($0)\"" }
        let key = try booth.makeKey("\"grant_types\":[\(types.joined(separator: ","))]")
        func family() throws -> (StatusClaim, refreshToken: String) {
            let response = try booth.token(TokenCall(exchanging: key.secret))
            let token = try #require(response.json?["refresh_token"]?.string, "\(response.text)")
            booth.canaries.add(token)
            return (try StatusClaim(AccessToken(response, of: booth).claims), token)
        }
        let own = try status(key)
        let (ended, token) = try family()
        let (living, _) = try family()
        #expect(Set([own.index, ended.index, living.index]).count == 3)
        #expect(try booth.revoke(token, by: key).status == 200)
        try becomes(1, ended)
        #expect(try living.value(of: booth) == 0 && own.value(of: booth) == 0)
        #expect(try booth.admin("POST", "keys/\(key.id)/disable").status == 200)
        try becomes(2, living)
        #expect(try ended.value(of: booth) == 1)
        #expect(try booth.admin("POST", "keys/\(key.id)/enable").status == 200)
        try becomes(0, living)
        #expect(try ended.value(of: booth) == 1)
        #expect([200, 204].contains(try booth.admin("DELETE", "keys/\(key.id)").status))
        try becomes(1, living)
    }

    @Test
    func `a key is INVALID a second after it has expired`() async throws {
        let booth = try Booth.current
        let end = Int64(Date().timeIntervalSince1970) + 2
        let key = try booth.makeKey("\"expires_at\":\"\(Timestamp.text(end))\"")
        let status = try status(key)
        #expect(try status.value(of: booth) == 0)
        let value: UInt8? = try eventually(seconds: 15) {
            try status.value(of: booth) == 1 ? 1 : nil
        }
        #expect(value == 1)
        #expect(Int64(Date().timeIntervalSince1970) <= end + 3)
    }

    // threats: REV-15
    @Test
    func `an unchanged list is the same bytes for its ttl, and an entity tag saves the rest`() async throws {
        let booth = try Booth.current
        let uri = try status(try booth.makeKey()).uri
        try await Task.sleep(for: .milliseconds(1_100))
        let lists = try [
            conditional(uri, "statuslist+jwt"),
            conditional(booth.issuer + "/oauth2/revocations", "revocations+jwt"),
        ]
        try await Task.sleep(for: .milliseconds(5_100))
        for (path, tag) in lists {
            let later = try booth.get(path, headers: ["If-None-Match: \(tag)"])
            #expect(later.status == 200 && later["etag"] != nil && later["etag"] != tag)
            #expect(later["cache-control"] == "no-cache" && later["access-control-allow-origin"] == "*")
        }
    }

    /// Asks for a list with and without conditions while it is the same.
    private func conditional(_ address: String, _ type: String) throws -> (path: String, tag: String) {
        let booth = try Booth.current
        let first = try SignedList(address, type: type, of: booth)
        #expect(first.claims["ttl"]?.integer == 5)
        let path = String(address.dropFirst(booth.issuer.count))
        let tag = try #require(first.response["etag"])
        #expect(tag.count > 2 && tag.hasPrefix("\"") && tag.hasSuffix("\""))
        for condition in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
            let unchanged = try booth.get(path, headers: ["If-None-Match: \(condition)"])
            #expect(unchanged.status == 304 && unchanged.body.isEmpty && unchanged.values("etag") == [tag])
            #expect(unchanged.values("cache-control") == ["no-cache"])
            #expect(unchanged.values("access-control-allow-origin") == ["*"])
            #expect(unchanged["content-type"] == nil)
        }
        let other = try booth.get(path, headers: ["If-None-Match: \"x\""])
        #expect(other.status == 200 && other.body == first.response.body && other["etag"] == tag)
        let head = try booth.get(path, method: "HEAD")
        #expect(head.status == 200 && head["content-length"] == String(first.response.body.count))
        #expect(head["etag"] == tag && head["access-control-allow-origin"] == "*")
        return (path, tag)
    }

    @Test
    func `a list of another time, of another name and with parameters is not served`() throws {
        let booth = try Booth.current
        let uri = try status(try booth.makeKey()).uri
        let path = String(uri.dropFirst(booth.issuer.count))
        for target in ["\(path)?time=1700000000", "/oauth2/status-lists?time=1", "\(path)?x=1&time=2"] {
            let text = Booth.head("GET", target) + "\r\n"
            #expect(try booth.send(Array(text.utf8), mayFail: true).status == 501, "\(target)")
        }
        for target in ["\(path)?x=1", "\(path)?", "/oauth2/status-lists?id=1", "/oauth2/revocations?part=1"] {
            #expect(try booth.get(target).status == 400, "\(target)")
        }
        let name = try #require(path.split(separator: "/").last)
        for other in ["AAAAAAAAAAE", "\(name)=", "%41" + name.dropFirst(), name.lowercased() + "A", "x"] {
            #expect(try booth.get("/oauth2/status-lists/\(other)").status == 404, "\(other)")
        }
        #expect(try booth.get("/oauth2/revocations?part=1of2").status == 404)
        #expect(try booth.get(path, method: "DELETE").status == 405)
    }

    @Test
    func `a revoked token stands in the signed list of revoked tokens, and its key stays VALID`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        let response = try booth.token(TokenCall(key: key.secret))
        let claims = try AccessToken(response, of: booth).claims
        let jti = try #require(claims["jti"]?.string)
        #expect(try !isListed(jti, booth))
        let token = try #require(response.json?["access_token"]?.string)
        #expect(try booth.revoke(token, by: key).status == 200)
        let listed: Bool? = try eventually(seconds: 10) { try isListed(jti, booth) ? true : nil }
        #expect(listed == true)
        #expect(try StatusClaim(claims).value(of: booth) == 0)
    }

    private func isListed(_ jti: String, _ booth: Booth) throws -> Bool {
        let list = try SignedList(booth.issuer + "/oauth2/revocations", type: "revocations+jwt", of: booth)
        return list.claims["jtis"]?.array?.contains { $0.string == jti } == true
    }

    @Test
    func `a token that a late clock still honours is denied, one that nobody honours is not`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        let forge = try Forge(booth)
        for (age, isDenied) in [(Int64(61), false), (20, true)] {
            var claims = try Forge.claims(of: booth.accessToken(key))
            let end = Int64(Date().timeIntervalSince1970) - age
            claims["iat"] = try JSONValue(parsing: Array(String(end - 300).utf8))
            let late = try forge.token(
                header: forge.header(),
                claims: Forge.text(claims, "exp", String(end))
            )
            #expect(try booth.revoke(String(decoding: late, as: UTF8.self), by: key).status == 200)
            let jti = try #require(claims["jti"]?.string)
            // The list is signed once a second at most.
            let listed: Bool? = try eventually(seconds: isDenied ? 10 : 2) {
                try isListed(jti, booth) ? true : nil
            }
            #expect((listed == true) == isDenied, "\(age) s")
        }
    }
}

@Suite("Status lists after a restart")
struct StatusListsAfterRestart {
    // threats: REV-09
    @Test
    func `a start finds every status as it was`() throws {
        let directory = try TemporaryDirectory()
        var booth = try Booth(["--issuer", "http://127.0.0.1:1/auth"], in: directory)
        let keys = try (0..<4).map { _ in try booth.makeKey() }
        let claims = try keys.map { key in
            var call = TokenCall(key: key.secret)
            call.path = booth.basePath + call.path
            return try StatusClaim(AccessToken.unverifiedClaims(booth.token(call)))
        }
        #expect(try booth.admin("POST", "keys/\(keys[1].id)/disable").status == 200)
        #expect([200, 204].contains(try booth.admin("DELETE", "keys/\(keys[2].id)").status))
        booth.process.signal(SIGKILL)
        _ = eventually(seconds: 10) { booth.process.poll() }
        booth = try Booth(["--issuer", "http://127.0.0.1:1/auth"], in: directory)
        #expect(try claims.map { try $0.value(of: booth) } == [0, 2, 1, 0])
        booth.process.signal(SIGTERM)
    }
}
