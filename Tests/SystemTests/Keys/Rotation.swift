import Foundation
import Glibc
import JOSE
import OAuth
import Primitives
import Testing

/// Real keys that age quickly: key sets are kept for a second, and every wait has a second on top.
@Suite("Signing keys: rotation and revocation")
struct Rotation {
    private static let ages = "jwks_max_age: 1\nsigning_key_margin: 1\n"

    static func booth(
        _ more: String = "",
        environment: [String: String] = [:],
        in directory: TemporaryDirectory? = nil
    ) throws -> Booth {
        try Booth(["--dev"], configuration: ages + more, environment: environment, in: directory)
    }

    static func stop(_ booth: Booth) {
        booth.process.signal(SIGTERM)
        #expect(booth.process.wait(seconds: 12) == .exited(0))
        AfterEachTest.searchLog(booth)
    }

    private static func keySet(_ booth: Booth) throws -> [String] {
        try JWKSet(parsing: booth.get("/oauth2/jwks").body).keys.map(\.kid)
    }

    /// The kids in one stage, as the admin API has them.
    static func kids(_ booth: Booth, _ stage: String) throws -> [String] {
        let items = try booth.admin("GET", "signing-keys?include_removed=true").json?["items"]?.array ?? []
        return items.compactMap(\.object).filter { $0["stage"]?.string == stage }
            .compactMap { $0["kid"]?.string }
    }

    private static func rotate(_ booth: Booth) throws -> HTTPResponse {
        try booth.admin("POST", "signing-keys/rotate", "{}")
    }

    /// Asks until the gate has passed.
    static func rotateSoon(_ booth: Booth) throws {
        let done: Bool? = try eventually(seconds: 10) { try rotate(booth).status == 200 ? true : nil }
        #expect(done == true)
    }

    static func kid(_ token: String) throws -> String? {
        try CompactJWS(parsing: Array(token.utf8)).kid
    }

    static func adminToken(_ booth: Booth) throws -> String {
        let answer = try booth.token(TokenCall(key: booth.rootKey))
        return try #require(answer.json?["access_token"]?.string, "\(answer.text)")
    }

    @Test
    func `a rotation before its time is refused with when and why, and then done`() throws {
        let booth = try Self.booth()
        let (first, second) = (try Self.kids(booth, "active"), try Self.kids(booth, "pending"))
        #expect(try Self.keySet(booth) == first + second)
        let early = try Self.rotate(booth)
        if early.status == 409 {
            let detail = early.json?["detail"]?.string ?? ""
            #expect(detail.contains("may sign at 20") && detail.contains("verifiers may hold a key set"))
        }
        let tag = try booth.get("/oauth2/jwks")["etag"]
        try Self.rotateSoon(booth)
        #expect(try Self.kids(booth, "active") == second)
        #expect(try Self.kids(booth, "retired") == first)
        #expect(try Self.kids(booth, "pending").count == 1)
        #expect(try booth.get("/oauth2/jwks")["etag"] != tag)
        #expect(try Self.kid(Self.adminToken(booth)) == second.first)
        let metrics = try booth.get("/metrics", from: .admin).text
        for stage in ["active", "pending", "retired"] {
            #expect(metrics.contains("tokenbooth_signing_keys{alg=\"ES256\",state=\"\(stage)\"} 1"))
        }
        #expect(metrics.contains("tokenbooth_signing_key_next_rotation_timestamp_seconds{alg=\"ES256\"} 1"))
        Self.stop(booth)
    }

    // threats: KEY-03
    @Test
    func `every token's key was in the key set that a verifier could hold before it`() throws {
        let booth = try Self.booth("signing_key_rotation: 2s\n")
        let key = try booth.makeKey().secret
        var signers: Set<String> = []
        var copy = (kids: try Self.keySet(booth), at: ContinuousClock.now)
        let end = ContinuousClock.now + .seconds(9)
        while ContinuousClock.now < end {
            let before = copy
            let token = try booth.token(TokenCall(key: key)).json?["access_token"]?.string ?? ""
            let isFresh = ContinuousClock.now - before.at < .seconds(1)
            let kid = try Self.kid(token) ?? ""
            signers.insert(kid)
            #expect(!isFresh || before.kids.contains(kid), "\(kid) was not published in time")
            #expect(try Self.keySet(booth).contains(kid))
            if !isFresh { copy = (try Self.keySet(booth), ContinuousClock.now) }
            usleep(20_000)
        }
        #expect(signers.count >= 3, "only \(signers.count) keys have signed")
        Self.stop(booth)
    }

    @Test
    func `a start after a kill finds every key in its stage, and old tokens still verify`() throws {
        let directory = try TemporaryDirectory()
        var booth = try Self.booth(in: directory)
        let token = try Self.adminToken(booth)
        for _ in 0..<3 {
            try Self.rotateSoon(booth)
            let stages = try ["active", "pending", "retired"].map { try Self.kids(booth, $0) }
            booth.process.signal(SIGKILL)
            #expect(booth.process.wait(seconds: 5) == .signalled(SIGKILL))
            booth = try Self.booth("issuer: \(booth.issuer)\n", in: directory)
            #expect(try ["active", "pending", "retired"].map { try Self.kids(booth, $0) } == stages)
            let kid = try Self.kid(token) ?? ""
            #expect(try Self.keySet(booth).contains(kid))
        }
        Self.stop(booth)
    }

    // threats: JWT-22
    @Test
    func `what a revoked key has signed is refused from that moment on`() throws {
        let booth = try Self.booth("signing_key_rotation: 1d\n")
        let token = try Self.adminToken(booth)
        let kid = try #require(try Self.kid(token))
        #expect(try booth.admin("GET", "signing-keys/\(kid)", key: token).status == 200)
        try Self.rotateSoon(booth)
        #expect(try booth.admin("GET", "signing-keys/\(kid)", key: token).status == 200)

        let (active, next) = (try Self.kids(booth, "active")[0], try Self.kids(booth, "pending")[0])
        let newer = try Self.adminToken(booth)
        let early = try booth.admin("POST", "signing-keys/\(active)/revoke", "{}")
        #expect(early.status == 409 && early.text.contains("force"), "\(early.text)")
        let forced = try booth.admin("POST", "signing-keys/\(active)/revoke", "{\"force\":true}")
        #expect(forced.status == 200, "\(forced.text)")
        #expect(forced.json?["successor"]?.string == next)
        #expect(forced.json?["accepted_elsewhere_until"]?.string != nil)
        #expect(forced.json?["last_token_expires_at"]?.string != nil)
        #expect(forced.json?["key"]?.object?["revoked"]?.bool == true)
        #expect(try booth.admin("GET", "signing-keys", key: newer).status == 401)
        #expect(try booth.admin("GET", "signing-keys", key: token).status == 200)

        let retired = try booth.admin("POST", "signing-keys/\(kid)/revoke")
        #expect(retired.status == 200 && retired.json?["successor"]?.string == nil)
        #expect(try booth.admin("GET", "signing-keys", key: token).status == 401)
        #expect(try booth.admin("POST", "signing-keys/\(kid)/revoke").status == 409)
        #expect(try booth.admin("GET", "signing-keys/\(kid)").json?["stage"]?.string == "removed")
        let published = try Self.keySet(booth)
        #expect(published.first == next && !published.contains(kid) && !published.contains(active))
        #expect(!booth.directory.files().contains { $0.contains(kid) || $0.contains(active) })
        Self.stop(booth)
    }

    @Test
    func `only super admins see and change signing keys`() throws {
        let booth = try Self.booth()
        let scopes = #""scopes":["signing-keys:read","signing-keys:write"]"#
        let audience = #""audiences":["urn:tokenbooth:admin"]"#
        let admin = try booth.makeKey("\(scopes),\(audience),\"admin_role\":\"admin\"").secret
        let kid = try Self.kids(booth, "active")[0]
        #expect(try booth.admin("GET", "signing-keys", key: admin).json?["items"]?.array?.count == 0)
        #expect(try booth.admin("GET", "signing-keys/\(kid)", key: admin).status == 404)
        #expect(try booth.admin("POST", "signing-keys/rotate", key: admin).status == 403)
        #expect(try booth.admin("POST", "signing-keys/\(kid)/revoke", key: admin).status == 403)
        let reader = try booth.makeKey(
            "\"scopes\":[\"keys:write\",\"signing-keys:read\"],\(audience),\"admin_role\":\"super_admin\""
        ).secret
        #expect(try booth.admin("GET", "signing-keys/\(kid)", key: reader).status == 200)
        #expect(try booth.admin("POST", "signing-keys/rotate", key: reader).status == 403)
        for (path, body) in [
            ("signing-keys/rotate", "{\"alg\":\"none\"}"), ("signing-keys/rotate", "{\"x\":1}"),
            ("signing-keys/\(kid)/revoke", "{\"force\":\"yes\"}"),
        ] { #expect(try booth.admin("POST", path, body).status == 400, "\(body)") }
        #expect(try booth.admin("POST", "signing-keys/unknown/revoke").status == 404)
        #expect(try Self.kids(booth, "active") == [kid])
        Self.stop(booth)
    }

    @Test
    func `the command line lists with words, rotates and revokes`() throws {
        let booth = try Self.booth("signing_key_rotation: 1d\n")
        let common = [
            "--url", "http://127.0.0.1:\(booth.adminPort)", "--key-file",
            booth.directory.path + "/keys/root.key",
        ]
        func command(_ arguments: String...) throws -> (ending: ChildProcess.Ending?, text: String) {
            try run([Booth.binary, "signing-keys"] + arguments + common)
        }
        let (active, pending) = (try Self.kids(booth, "active")[0], try Self.kids(booth, "pending")[0])
        let list = try command("list")
        #expect(list.ending == .exited(0))
        for part in [active, pending, "retires at 20", "after 1 day of signing", "signs at 20"] {
            #expect(list.text.contains(part), "\(list.text)")
        }
        let rotated: Bool? = try eventually(seconds: 10) {
            try command("rotate", "--alg", "ES256", "-q").ending == .exited(0) ? true : nil
        }
        #expect(rotated == true)
        let revoked = try command("revoke", active)
        #expect(revoked.ending == .exited(0))
        #expect(revoked.text.contains("older key set may accept its tokens until 20"), "\(revoked.text)")
        let shown = try command("show", active, "-o", "json")
        #expect(shown.text.contains("\"stage\":\"removed\""))
        Self.stop(booth)
    }
}
