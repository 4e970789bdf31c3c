import Foundation
import Glibc
import Primitives
import Synchronization
import Testing

@Suite("Revocation: RFC 7009 §2", .serialized, .booth)
struct Revoked {
    // threats: REV-01
    @Test
    func `a revoked access token is inactive at once, and only that one`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        let (token, other) = (try booth.accessToken(key), try booth.accessToken(key))
        #expect(try booth.isActive(token, for: key))
        let before = try booth.labelled("tokenbooth_revocations_total{kind=\"access_token\"}")
        try booth.revoked(token, by: key)
        #expect(try !booth.isActive(token, for: key))
        #expect(try booth.isActive(other, for: key))
        #expect(try booth.labelled("tokenbooth_revocations_total{kind=\"access_token\"}") == before + 1)
        try booth.revoked(token, by: key)
        #expect(try !booth.isActive(token, for: key))
    }

    // threats: REV-02
    @Test
    func `what is unknown, malformed or over is a success`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey("\"access_token_ttl\":30")
        for token in ["x", "a.b.c", "tbr_short", "tbk_short", String(repeating: "t", count: 8_000), "\u{E9}"]
        {
            try booth.revoked(token, by: key)
        }
        let claims = try Forge.claims(of: booth.accessToken(key))
        let forge = try Forge(booth)
        let expired = try forge.token(header: forge.header(), claims: Forge.text(claims, "exp", "1"))
        try booth.revoked(String(decoding: expired, as: UTF8.self), by: key)
        let unknown = "tbr_" + String(repeating: "A", count: 56)
        try booth.revoked(unknown, by: key)
    }

    // threats: REV-03
    @Test(arguments: [
        "refresh_token", "access_token", "nonsense", "urn:ietf:params:oauth:token-type:jwt",
        "urn:tokenbooth:token-type:api-key",
    ])
    func `a wrong hint does no harm`(hint: String) throws {
        let booth = try Booth.current
        let key = try booth.makeRefreshingKey()
        let access = try booth.accessToken(key)
        try booth.revoked(access, by: key, [("token_type_hint", hint)])
        #expect(try !booth.isActive(access, for: key))
        let refresh = try booth.exchanged(key)
        try booth.revoked(refresh, by: key, [("token_type_hint", hint)])
        expectInvalidGrant(try booth.refresh(refresh, key))
    }

    // threats: REV-07
    @Test
    func `a refresh token ends its family and every access token of it`() throws {
        let booth = try Booth.current
        let key = try booth.makeRefreshingKey()
        let first = try booth.token(TokenCall(exchanging: key.secret))
        let refresh = try booth.refreshToken(first)
        let second = try booth.refresh(refresh, key)
        let newest = try booth.refreshToken(second)
        let tokens = try [first, second].map { try #require($0.json?["access_token"]?.string) }
        let (apart, family) = (try booth.accessToken(key), try booth.exchanged(key))
        for token in tokens { #expect(try booth.isActive(token, for: key)) }
        try booth.revoked(newest, by: key)
        for token in tokens { #expect(try !booth.isActive(token, for: key)) }
        #expect(try !booth.isActive(newest, for: key))
        expectInvalidGrant(try booth.refresh(newest, key))
        #expect(try booth.isActive(apart, for: key))
        #expect(try booth.isActive(family, for: key))
    }

    // threats: REV-06
    @Test
    func `a key of the same project with the scope revokes another's tokens, and no other key does`() throws {
        let booth = try Booth.current
        let owner = try booth.makeRefreshingKey()
        let stranger = try booth.makeKey()
        let project = try booth.admin("POST", "projects", "{\"name\":\"revoking\"}")
        let id = try #require(project.json?["id"]?.string, "\(project.text)")
        let elsewhere = try booth.makeKey("\"project\":\"\(id)\",\"scopes\":[\"tokens:revoke\"]")
        let (access, refresh) = (try booth.accessToken(owner), try booth.exchanged(owner))
        for other in [stranger, elsewhere] {
            for token in [access, refresh] {
                let response = try booth.revoke(token, by: other)
                #expect(response.status == 400 && response.error == "unauthorized_client", "\(response.text)")
                #expect(try booth.isActive(token, for: owner))
            }
        }
        let right = try booth.makeKey("\"scopes\":[\"tokens:revoke\"]")
        for token in [access, refresh] {
            try booth.revoked(token, by: right)
            #expect(try !booth.isActive(token, for: owner))
        }
    }

    @Test
    func `an API key is its own proof`() throws {
        let booth = try Booth.current
        let key = try booth.makeRefreshingKey()
        let (access, refresh) = (try booth.accessToken(key), try booth.exchanged(key))
        let reader = try booth.makeKey("\"scopes\":[\"tokens:introspect\"]")
        #expect(try booth.isActive(access, for: reader))

        let unhinted = try booth.revoke(key.secret, by: key)
        #expect(unhinted.status == 400 && unhinted.error == "unsupported_token_type", "\(unhinted.text)")
        #expect(
            unhinted.json?["error_description"]?.string?.contains("urn:tokenbooth:token-type:api-key") == true
        )
        let hint = [("token_type_hint", "urn:tokenbooth:token-type:api-key")]
        try booth.revoked("tbk_" + String(repeating: "0", count: 30) + "1Wgklh", by: nil, hint)
        try booth.revoked("nonsense", by: nil, hint)
        #expect(try booth.isActive(access, for: reader))

        for _ in 0..<2 { try booth.revoked(key.secret, by: nil, hint) }
        #expect(try !booth.isActive(access, for: reader))
        #expect(try booth.token(TokenCall(key: key.secret)).error == "invalid_client")
        #expect(try booth.token(TokenCall(refreshing: refresh, key: key.secret)).error == "invalid_client")
        #expect(try booth.admin("GET", "keys/\(key.id)").json?["status"]?.string == "revoked")
    }

    @Test
    func `disabling suspends, enabling brings back, except what was revoked meanwhile`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        let reader = try booth.makeKey("\"scopes\":[\"tokens:introspect\",\"tokens:revoke\"]")
        let (kept, revoked) = (try booth.accessToken(key), try booth.accessToken(key))
        #expect(try booth.admin("POST", "keys/\(key.id)/disable").status == 200)
        #expect(try !booth.isActive(kept, for: reader))
        try booth.revoked(revoked, by: reader)
        #expect(try booth.admin("POST", "keys/\(key.id)/enable").status == 200)
        #expect(try booth.isActive(kept, for: reader))
        #expect(try !booth.isActive(revoked, for: reader))
        #expect(try booth.admin("DELETE", "keys/\(key.id)").status == 204)
        #expect(try !booth.isActive(kept, for: reader))
    }

    // threats: REV-13
    @Test
    func `a token of either type is revoked alike`() throws {
        let booth = try Booth.current
        #expect(try booth.admin("POST", "audiences", #"{"name":"urn:plain-jwt","typ":"JWT"}"#).status == 201)
        let key = try booth.makeKey(#""audiences":["urn:plain-jwt","urn:other"]"#)
        for audience in ["urn:plain-jwt", "urn:other"] {
            let token = try booth.accessToken(key, [("audience", audience)])
            #expect(try booth.isActive(token, for: key))
            try booth.revoked(token, by: key)
            #expect(try !booth.isActive(token, for: key))
        }
    }

    // threats: REV-11
    @Test
    func `no introspection that begins after the 200 says active`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        for _ in 0..<5 {
            let race = RevocationRace(try booth.accessToken(key), of: key, booth)
            race.run(introspectors: 8)
            #expect(race.late == 0)
            #expect(race.seen >= 160)
        }
    }
}

/// Threads that ask about one token as fast as they can while another revokes it.
private final class RevocationRace: Sendable {
    private let booth: Booth
    private let revocation: [UInt8]
    private let introspection: [UInt8]
    private let revoked = Atomic<Bool>(false)
    private let lateAnswers = Atomic<Int>(0)
    private let answers = Atomic<Int>(0)

    init(_ token: String, of key: MadeKey, _ booth: Booth) {
        self.booth = booth
        revocation = TokenCall(presenting: token, to: "revoke", key: key.secret).bytes
        introspection = TokenCall(presenting: token, to: "introspect", key: key.secret).bytes
    }

    /// Questions that were asked after the 200 and answered otherwise than with inactive.
    var late: Int { lateAnswers.load(ordering: .relaxed) }
    var seen: Int { answers.load(ordering: .relaxed) }

    func run(introspectors: Int) {
        let group = DispatchGroup()
        for _ in 0..<introspectors {
            group.enter()
            Thread {
                self.introspect()
                group.leave()
            }.start()
        }
        usleep(20_000)
        let response = try? booth.send(revocation)
        revoked.store(response?.status == 200, ordering: .sequentiallyConsistent)
        group.wait()
    }

    /// Until twenty questions were asked after the 200; never longer than five seconds.
    private func introspect() {
        guard let connection = try? booth.connect() else { return }
        let end = Date() + 5
        var after = 0
        while after < 20, Date() < end {
            let wasRevoked = revoked.load(ordering: .sequentiallyConsistent)
            connection.send(introspection)
            guard let response = connection.response() else { return }
            answers.add(1, ordering: .relaxed)
            guard wasRevoked else { continue }
            after += 1
            if response.json?["active"]?.bool != false { lateAnswers.add(1, ordering: .relaxed) }
        }
    }
}

extension Booth {
    /// The value of a sample with its labels.
    func labelled(_ sample: String) throws -> Int {
        let line = try get("/metrics", from: .admin).text.split(separator: "\n").first {
            $0.hasPrefix(sample + " ")
        }
        return try #require(line?.split(separator: " ").last.flatMap { Int($0) }, "\(sample)")
    }
}
