import Primitives
import Testing

@Suite("Refresh token reuse: RFC 9700 §4.14.2", .serialized, .booth(configuration: "refresh: {grace: 1}"))
struct RefreshReuse {
    private func expectEnded(_ token: String, _ key: MadeKey, _ location: SourceLocation = #_sourceLocation)
        throws
    {
        expectInvalidGrant(try Booth.current.refresh(token, key), location)
    }

    /// What the log says of a key under this message.
    private static func events(_ message: String, of key: MadeKey, in log: String) -> [JSONObject] {
        log.split(separator: "\n")
            .compactMap { (try? JSONValue(parsing: Array($0.utf8)))?.object }
            .filter { $0["message"]?.string == message && $0["client_id"]?.string == key.id }
    }

    // threats: REF-02
    @Test
    func `a spent token after the grace ends its family, and the log tells`() async throws {
        let booth = try Booth.current
        let key = try booth.makeRefreshingKey()
        let opened = try booth.token(TokenCall(exchanging: key.secret))
        let first = try booth.refreshToken(opened)
        let other = try booth.exchanged(key)
        let refreshed = try booth.refresh(first, key)
        let second = try booth.refreshToken(refreshed)
        let before = try booth.counter("tokenbooth_refresh_reuse_detected_total")
        try await Task.sleep(for: .milliseconds(2_100))
        try expectEnded(first, key)
        try expectEnded(second, key)
        try expectEnded(first, key)
        // Other tests of the suite count on the same server.
        #expect(try booth.counter("tokenbooth_refresh_reuse_detected_total") > before)
        let events = eventually {
            let events = Self.events("refresh_reuse", of: key, in: booth.log)
            return events.isEmpty ? nil : events
        }
        #expect(events?.count == 1)
        let event = try #require(events?.first)
        #expect(event["level"]?.string == "warning")
        #expect(event["family_id"]?.string?.hasPrefix("fam_") == true)
        for answer in [opened, refreshed] {
            let token = try #require(answer.json?["access_token"]?.string)
            #expect(try !booth.isActive(token, for: key))
        }
        // Another family of the same key has nothing to do with it.
        _ = try booth.refreshToken(booth.refresh(other, key))
    }

    // threats: REF-06, REF-07
    @Test
    func `a token whose successor was used ends the family even within the grace`() throws {
        let booth = try Booth.current
        let key = try booth.makeRefreshingKey()
        let first = try booth.exchanged(key)
        let second = try booth.refreshToken(booth.refresh(first, key))
        let third = try booth.refreshToken(booth.refresh(second, key))
        try expectEnded(first, key)
        try expectEnded(third, key)
    }

    // threats: REF-11
    @Test
    func `a restart does not make a spent token fresh, nor a good one spent`() throws {
        let directory = try TemporaryDirectory()
        var booth = try Booth(configuration: "refresh: {grace: 0}", in: directory)
        let key = try booth.makeRefreshingKey()
        let spent = try booth.exchanged(key)
        let good = try booth.exchanged(key)
        var next = try booth.refreshToken(booth.refresh(spent, key))
        booth.process.signal(9)
        _ = booth.process.wait(seconds: 5)
        booth = try Booth(configuration: "refresh: {grace: 0}", in: directory)
        next = try booth.refreshToken(booth.refresh(next, key))
        expectInvalidGrant(try booth.refresh(spent, key))
        booth.process.signal(9)
        _ = booth.process.wait(seconds: 5)
        booth = try Booth(configuration: "refresh: {grace: 0}", in: directory)
        expectInvalidGrant(try booth.refresh(next, key))
        _ = try booth.refreshToken(booth.refresh(good, key))
    }

    // threats: REF-19
    @Test
    func `the database holds no refresh token, and nothing that one can be made of alone`() throws {
        let booth = try Booth.current
        let key = try booth.makeRefreshingKey()
        let token = try booth.exchanged(key)
        let parts = try #require(Base64URL.decode(Array(token.utf8.dropFirst(4))[...]))
        let secret = Array(booth.directory.text(of: "keys/refresh.secret").utf8.prefix(43))
        let bytes = try #require(Base64URL.decode(secret[...]))
        for file in booth.directory.files() where file.hasPrefix("data/") {
            let content = booth.directory.bytes(of: file)
            for part in [Array(token.utf8), Array(parts.suffix(22)), secret, bytes] {
                #expect(!AfterEachTest.contains(content, part), "\(file)")
            }
        }
    }

    @Test
    func `a key has as many families as the settings say, and the one idle longest makes room`() throws {
        let booth = try Booth(configuration: "refresh: {max_families: 2}")
        let key = try booth.makeRefreshingKey()
        let first = try booth.exchanged(key)
        let second = try booth.exchanged(key)
        let third = try booth.exchanged(key)
        expectInvalidGrant(try booth.refresh(first, key))
        for token in [second, third] { _ = try booth.refreshToken(booth.refresh(token, key)) }
    }
}
