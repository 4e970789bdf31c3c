import Primitives
import Synchronization
import Testing

@Suite("Changes take effect on the very next exchange", .serialized, .booth)
struct TakesEffect {
    private func status(_ key: MadeKey) throws -> Int {
        try Booth.current.token(TokenCall(key: key.secret)).status
    }

    @Test
    func `a key is made, disabled, enabled, changed and deleted`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        for _ in 0..<10 {
            #expect(try status(key) == 200)
            #expect(try booth.admin("POST", "keys/\(key.id)/disable").status == 200)
            #expect(try status(key) == 401)
            #expect(try booth.admin("POST", "keys/\(key.id)/enable").status == 200)
            #expect(try status(key) == 200)
        }
        #expect(try booth.admin("PATCH", "keys/\(key.id)", "{\"scopes\":[\"read\"]}").status == 200)
        #expect(try booth.token(TokenCall(key: key.secret)).json?["scope"]?.string == "read")
        #expect(try booth.token(TokenCall(key: key.secret, [("scope", "write")])).error == "invalid_scope")
        #expect(try booth.admin("PATCH", "keys/\(key.id)", "{\"allowed_ips\":[]}").status == 200)
        #expect(try status(key) == 401)
        #expect(try booth.admin("PATCH", "keys/\(key.id)", "{\"allowed_ips\":null}").status == 200)
        #expect(try status(key) == 200)
        #expect([200, 204].contains(try booth.admin("DELETE", "keys/\(key.id)").status))
        #expect(try status(key) == 401)
        #expect(try booth.admin("GET", "keys/\(key.id)").json?["status"]?.string == "revoked")
        #expect(try booth.admin("POST", "keys/\(key.id)/enable").status != 200)
        #expect(try status(key) == 401)
    }

    @Test
    func `a change to its project or audience reaches a key that is in memory`() throws {
        let booth = try Booth.current
        let project = try booth.admin(
            "POST",
            "projects",
            "{\"name\":\"moving\",\"default_audiences\":[\"urn:first\"]}"
        )
        let id = try #require(project.json?["id"]?.string, "\(project.text)")
        let key = try booth.makeKey("\"project\":\"moving\",\"audiences\":[]")
        func audience() throws -> String? {
            try AccessToken.unverifiedClaims(booth.token(TokenCall(key: key.secret)))["aud"]?.string
        }
        #expect(try audience() == "urn:first")
        #expect(
            try booth.admin(
                "PATCH",
                "projects/\(id)",
                "{\"default_audiences\":[\"urn:second\"],\"access_token_ttl\":60}"
            ).status == 200
        )
        #expect(try audience() == "urn:second")
        #expect(try booth.token(TokenCall(key: key.secret)).json?["expires_in"]?.integer == 60)
        #expect(try booth.admin("PATCH", "projects/\(id)", "{\"allowed_ips\":[]}").status == 200)
        #expect(try status(key) == 401)
    }

    /// Exchanges on eight connections while one key is turned off and on: the first answer to a request that
    /// was sent after a change was answered must already follow it.
    @Test
    func `under eight busy connections no answer lags behind a change`() async throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        let isDone = Flag()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let connection = try booth.connect()
                    let call = TokenCall(key: key.secret).bytes
                    var count = 0
                    while !isDone.isSet {
                        connection.send(call)
                        let response = try #require(connection.response())
                        #expect([200, 401].contains(response.status))
                        count += 1
                        await Task.yield()
                    }
                    return count
                }
            }
            defer { isDone.set() }
            for _ in 0..<40 {
                #expect(try booth.admin("POST", "keys/\(key.id)/disable").status == 200)
                #expect(try status(key) == 401)
                #expect(try booth.admin("POST", "keys/\(key.id)/enable").status == 200)
                #expect(try status(key) == 200)
                await Task.yield()
            }
            isDone.set()
            var sum = 0
            for try await count in group { sum += count }
            #expect(sum > 0)
        }
    }

    /// The answer "unknown" is remembered too.
    // threats: SCP-06
    @Test
    func `names that differ in their bytes only are two names`() throws {
        let booth = try Booth.current
        let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")
        let first = try booth.makeKey("\"description\":\"\(composed)\",\"claims\":{\"n\":\"\(composed)\"}")
        let second = try booth.makeKey(
            "\"description\":\"\(decomposed)\",\"claims\":{\"n\":\"\(decomposed)\"}"
        )
        for (key, name) in [(first, composed), (second, decomposed)] {
            let claims = try AccessToken.unverifiedClaims(booth.token(TokenCall(key: key.secret)))
            #expect(Array((claims["n"]?.string ?? "").utf8) == Array(name.utf8))
            let shown = try booth.admin("GET", "keys/\(key.id)").json?["description"]?.string ?? ""
            #expect(Array(shown.utf8) == Array(name.utf8))
        }
    }
}

private final class Flag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
}
