import Foundation
import Testing

/// The number of denied tokens of a booth, as its database has it, through another SQLite.
private struct DeniedTokens {
    let booth: Booth
    static let python = "/usr/bin/python3"

    private func run(_ statement: String) throws -> String {
        let script = """
            import sqlite3, sys
            database = sqlite3.connect(sys.argv[1], timeout=20)
            print(*[value for row in database.execute(sys.argv[2]) for value in row])
            database.commit()
            """
        let path = booth.directory.path + "/data/tokenbooth.db"
        let result = try SystemTests.run([Self.python, "-c", script, path, statement])
        try #require(result.ending == .exited(0), "\(result.text)")
        return result.text.trimmingCharacters(in: .newlines)
    }

    /// What it is said to be.
    func setTotal(_ count: Int) throws { _ = try run("UPDATE deniedTotal SET count = \(count)") }

    /// What it is said to be, and what it is.
    func numbers() throws -> String {
        try run("SELECT (SELECT count FROM deniedTotal), (SELECT count(*) FROM deniedToken)")
    }

    /// All that are denied need not be any more.
    func end() throws { _ = try run("UPDATE deniedToken SET until = 1") }
}

/// Ten million denied tokens that nobody has to make.
private let bound = 10_000_000

extension Booth {
    /// The answer to one that may not be possible.
    fileprivate func attemptedRevocation(_ token: String, by key: MadeKey) throws -> HTTPResponse {
        try send(TokenCall(presenting: token, to: "revoke", key: key.secret).bytes, mayFail: true)
    }
}

@Suite(
    "Revocation past the bound of all denied tokens: RFC 7009 §2.2.1",
    .serialized,
    .booth,
    .enabled(if: FileManager.default.fileExists(atPath: DeniedTokens.python))
)
struct AtTheBound {
    // threats: REV-08
    @Test
    func `one more token is refused and stays active, families and keys are revoked, and room is used`()
        throws
    {
        let booth = try Booth.current
        let key = try booth.makeRefreshingKey()
        let (before, token, last) = try (
            booth.accessToken(key), booth.accessToken(key), booth.accessToken(key)
        )
        let exchange = try booth.token(TokenCall(exchanging: key.secret))
        let ofFamily = try #require(exchange.json?["access_token"]?.string)
        let family = try booth.refreshToken(exchange)
        try booth.revoked(before, by: key)
        let denied = DeniedTokens(booth: booth)
        #expect(try denied.numbers() == "1 1")
        try denied.setTotal(bound)
        let series = "tokenbooth_revocations_total{kind=\"access_token\"}"
        let counted = try booth.labelled(series)

        for _ in 0..<2 {
            let refused = try booth.attemptedRevocation(token, by: key)
            #expect(refused.status == 503 && refused.error == "temporarily_unavailable", "\(refused.text)")
            #expect(
                refused.json?["error_description"]?.string
                    == "too many single tokens are revoked: revoke the family or the key"
            )
            #expect(refused["retry-after"].flatMap { Int($0) } ?? 0 > 0)
            #expect(refused["content-type"] == "application/json" && refused["cache-control"] == "no-store")
            #expect(try booth.isActive(token, for: key))
        }
        #expect(try denied.numbers() == "\(bound) 1" && booth.labelled(series) == counted)
        #expect(try booth.get("/readyz").status == 200)

        // What needs no room.
        try booth.revoked(before, by: key)
        try booth.revoked("unknown", by: key)
        try booth.revoked(family, by: key)
        #expect(try !booth.isActive(ofFamily, for: key))
        expectInvalidGrant(try booth.refresh(family, key))
        try booth.revoked(ofFamily, by: key)
        let leaked = try booth.makeKey()
        #expect(try booth.token(TokenCall(key: leaked.secret)).status == 200)
        try booth.revoked(leaked.secret, by: nil, [("token_type_hint", TokenCall.apiKeyType)])
        #expect(try booth.token(TokenCall(key: leaked.secret)).status == 401)
        #expect(try denied.numbers() == "\(bound) 1")

        // Room for one.
        try denied.setTotal(bound - 1)
        try booth.revoked(token, by: key)
        #expect(try !booth.isActive(token, for: key))
        #expect(try booth.attemptedRevocation(last, by: key).status == 503)
        #expect(try booth.isActive(last, for: key))
        #expect(try denied.numbers() == "\(bound) 2")
        try denied.setTotal(2)
        try booth.revoked(last, by: key)
        #expect(try denied.numbers() == "3 3")
    }
}

@Suite(
    "Slow: revocation past the bound of all denied tokens",
    .enabled(
        if: FileManager.default.fileExists(atPath: DeniedTokens.python)
            && ProcessInfo.processInfo.environment["TOKENBOOTH_SLOW_TESTS"] == "1"
    )
)
struct SlowAtTheBound {
    // threats: REV-08
    @Test
    func `a service that starts at the bound makes room by forgetting what has ended`() throws {
        let directory = try TemporaryDirectory()
        let arguments = ["--issuer", "http://127.0.0.1:8080"]
        let first = try Booth(arguments, in: directory)
        let key = try first.makeKey()
        let (ended, token) = try (first.accessToken(key), first.accessToken(key))
        try first.revoked(ended, by: key)
        first.stop()
        let denied = DeniedTokens(booth: first)
        try denied.setTotal(bound)
        try denied.end()

        let booth = try Booth(arguments, in: directory)
        let refused = try booth.attemptedRevocation(token, by: key)
        #expect(refused.status == 503, "\(refused.text)")
        let wait = try #require(refused["retry-after"].flatMap { Int($0) })
        #expect(try booth.isActive(token, for: key))
        let isRevoked: Bool? = try eventually(seconds: Double(wait)) {
            usleep(500_000)
            return try booth.attemptedRevocation(token, by: key).status == 200 ? true : nil
        }
        #expect(isRevoked == true)
        #expect(try !booth.isActive(token, for: key))
        #expect(try denied.numbers() == "\(bound) 1")
        booth.stop()
    }
}
