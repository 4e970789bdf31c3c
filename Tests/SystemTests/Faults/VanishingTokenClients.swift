import Foundation
import Glibc
import Testing

/// Clients that hang up in the middle of whatever changes something on the token path.
final class VanishingTokenClients {
    private var booth: Booth
    private let chain: MadeKey
    private let opener: MadeKey
    private var revoker: MadeKey
    /// Tokens that were revoked with it.
    private var revoked = 0
    /// The newest token of the chain that somebody was told of.
    private var token: String
    private var generator = SystemRandomNumberGenerator()
    private var open: [RawConnection] = []
    private var fates: [Fate] = []
    /// With what else is opened meanwhile, fewer families than a key may have.
    private static let remembered = 25

    /// What somebody wanted to revoke, and whether the server got the whole request.
    private struct Fate {
        let key: MadeKey
        let access: String
        let refresh: String?
        let isWhole: Bool
    }

    private init() throws {
        booth = try Self.start()
        (chain, opener) = (try booth.makeRefreshingKey(), try booth.makeRefreshingKey())
        revoker = try booth.makeKey()
        token = try booth.exchanged(chain)
    }

    private static func start(in directory: TemporaryDirectory? = nil) throws -> Booth {
        // What is asked for twice, since nobody has seen the answer, is no reuse.
        try Booth(["--issuer", "http://127.0.0.1:1"], configuration: "refresh: {grace: 60}", in: directory)
    }

    static func run(_ count: Int) throws {
        let clients = try VanishingTokenClients()
        for number in 0..<count {
            try clients.vanish(number)
            if number % 50 == 49 { try clients.stay() }
        }
        try clients.checkAtRest()
        try clients.checkAfterwards()
    }

    /// One of the four changes is asked for, and nobody waits for the answer.
    private func vanish(_ number: Int) throws {
        let isWhole = Int.random(in: 0..<3, using: &generator) > 0
        let call: TokenCall
        switch number % 4 {
        case 0: call = TokenCall(refreshing: token, key: chain.secret)
        case 1: call = TokenCall(exchanging: opener.secret)
        case 2:
            // A key may have a thousand denied tokens.
            if revoked >= 900 { (revoker, revoked) = (try booth.makeKey(), 0) }
            revoked += 1
            let access = try booth.accessToken(revoker)
            fates.append(Fate(key: revoker, access: access, refresh: nil, isWhole: isWhole))
            call = TokenCall(presenting: access, to: "revoke", key: revoker.secret)
        default:
            let response = try booth.token(TokenCall(exchanging: opener.secret))
            let refresh = try booth.refreshToken(response)
            let access = try #require(response.json?["access_token"]?.string)
            fates.append(Fate(key: opener, access: access, refresh: refresh, isWhole: isWhole))
            call = TokenCall(presenting: refresh, to: "revoke", key: opener.secret)
        }
        fates.removeFirst(max(0, fates.count - Self.remembered))
        let connection = try RawConnection(port: booth.publicPort)
        let request = call.bytes
        connection.send(isWhole ? request : Array(request.dropLast(.random(in: 1...300, using: &generator))))
        if Bool.random(using: &generator) { connection.reset() }
        open.append(connection)
        // Some go at once, others while the commit is under way or when it is done.
        if open.count > Int.random(in: 0...12, using: &generator) { open.removeAll() }
    }

    /// Between them somebody waits: whoever went has neither taken the chain along nor the writer.
    private func stay() throws {
        token = try booth.refreshToken(booth.refresh(token, chain))
        try booth.revoked(booth.accessToken(revoker), by: revoker)
        revoked += 1
    }

    private func checkAtRest() throws {
        open.removeAll()
        try stay()
        #expect(try booth.status("/readyz").status == 200)
        let isLeft: Bool? = try eventually(seconds: 10) { try booth.connections() == 1 ? true : nil }
        #expect(isLeft == true, "connections of clients that are gone stay open")
        // Nobody holds the database: another process gets it.
        if FileManager.default.fileExists(atPath: LockHolder.python) {
            try LockHolder(booth.directory.path + "/data/tokenbooth.db", seconds: 0).waitUntilReleased()
        }
    }

    /// Each was done or not, wholly; and it is the same after a start.
    private func checkAfterwards() throws {
        let isActive = try fates.map { try booth.isActive($0.access, for: $0.key) }
        for (fate, isActive) in zip(fates, isActive) where !fate.isWhole {
            #expect(isActive, "half a request has revoked something")
        }
        booth.stop()
        booth = try Self.start(in: booth.directory)
        for (fate, isActive) in zip(fates, isActive) {
            #expect(try booth.isActive(fate.access, for: fate.key) == isActive)
            guard let refresh = fate.refresh else { continue }
            #expect(try (booth.refresh(refresh, fate.key).status == 200) == isActive)
        }
        _ = try booth.refreshToken(booth.refresh(token, chain))
        booth.stop()
        let check = try Booth.run([
            "db", "check", "-q", "--data-dir", booth.directory.path + "/data", "--keys-dir",
            booth.directory.path + "/keys",
        ])
        #expect(check.ending == .exited(0), "\(check.text)")
        try checkRows()
    }

    /// What belongs together is there together: half a change would leave one without the other.
    private func checkRows() throws {
        let script = """
            import sqlite3, sys
            database = sqlite3.connect(sys.argv[1])
            for query in (
                "SELECT (SELECT count(*) FROM deniedToken) - (SELECT count FROM deniedTotal)",
                "SELECT (SELECT count(*) FROM statusEntry) - (SELECT sum(taken) FROM statusList)",
                "SELECT count(*) FROM statusEntry e WHERE endedAt IS NULL"
                " AND NOT EXISTS (SELECT 1 FROM refreshFamily WHERE (statusList, statusPosition) = (list, position))"
                " AND NOT EXISTS (SELECT 1 FROM apiKey WHERE (statusList, statusPosition) = (list, position))",
                "SELECT count(*) FROM pragma_foreign_key_check",
            ):
                print(database.execute(query).fetchone()[0], end=" ")
            print(database.execute("PRAGMA integrity_check").fetchone()[0])
            """
        let process = try ChildProcess(
            [LockHolder.python, "-c", script, booth.directory.path + "/data/tokenbooth.db"],
            output: booth.directory.path + "/rows"
        )
        #expect(process.wait(seconds: 30) == .exited(0))
        #expect(booth.directory.text(of: "rows") == "0 0 0 0 ok\n")
    }
}

@Suite("Clients that vanish from the token path")
struct SomeVanishingTokenClients {
    // threats: DBF-13
    @Test
    func `refreshes, exchanges and revocations that nobody waits for are done or not, and hold nothing`()
        throws
    {
        try VanishingTokenClients.run(400)
    }
}

@Suite(
    "Slow: clients that vanish from the token path",
    .enabled(if: ProcessInfo.processInfo.environment["TOKENBOOTH_SLOW_TESTS"] == "1")
)
struct SlowVanishingTokenClients {
    // threats: DBF-13
    @Test
    func `refreshes, exchanges and revocations that nobody waits for hold nothing, however many`() throws {
        try VanishingTokenClients.run(100_000)
    }
}
