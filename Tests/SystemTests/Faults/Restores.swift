import Foundation
import Glibc
import Primitives
import Testing

/// A database that went back in time, and what becomes of what it wrongly holds alive.
@Suite("Restores: protocol §2")
struct Restores {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// A booth with a key whose tokens open the admin API, stopped; the database as it then was lies in `old`.
    private func bootWithOldCopy() throws -> (id: String, secret: String, token: String) {
        let booth = try Booth(in: directory)
        let key = try booth.makeKey(
            #""audiences":["urn:tokenbooth:admin"],"scopes":["keys:read"],"admin_role":"admin""#
        )
        let token = try #require(
            try booth.token(TokenCall(key: key.secret)).json?["access_token"]?.string
        )
        #expect(try booth.admin("GET", "keys", key: token).status == 200)
        booth.stop()
        try directory.copy(TemporaryDirectory.databaseFiles, from: "data", to: "old")
        return (key.id, key.secret, token)
    }

    private func restoreOldCopy() throws {
        try directory.copy(TemporaryDirectory.databaseFiles, from: "old", to: "data")
    }

    // threats: REV-16
    @Test
    func `an old database is refused, and with consent revives no token`() throws {
        let (id, _, token) = try bootWithOldCopy()
        let later = try Booth(in: directory)
        #expect(try later.admin("DELETE", "keys/\(id)").status == 204)
        #expect(try later.admin("GET", "keys", key: token).status == 401)
        later.stop()
        try restoreOldCopy()

        let refusal = try Booth.refusal(in: directory)
        #expect(refusal.code == 78)
        #expect(refusal.text.contains("--accept-restore"), "\(refusal.text)")
        // A refused start has changed nothing: the next is refused as well.
        #expect(try Booth.refusal(in: directory).code == 78)

        let restored = try Booth(["--accept-restore"], in: directory)
        let line = Booth.event("restore accepted", beginning: true, in: restored.log)
        #expect(line?["level"]?.string == "warning")
        let words = try #require(line?["message"]?.string)
        #expect(Repository.text("docs/operations.md").contains("\"message\":\"\(words)\""))
        // The key is back, as the operator is told; no token of before is.
        #expect(try restored.admin("GET", "keys/\(id)").json?["status"]?.string == "active")
        #expect(try restored.admin("GET", "keys", key: token).status == 401)
        restored.stop()

        // From here on it is the latest database.
        let next = try Booth(in: directory)
        #expect(try next.admin("GET", "keys", key: token).status == 401)
        next.stop()
    }

    // threats: REV-16
    @Test
    func `a restore ends refresh tokens, and every entry of the lists that stood before`() throws {
        // The lists' names are the issuer's, whose port would be another at every start.
        let issuer = ["--issuer", "http://127.0.0.1:8080"]
        let booth = try Booth(issuer, in: directory)
        let key = try booth.makeRefreshingKey()
        let answer = try booth.token(TokenCall(exchanging: key.secret))
        let token = try booth.refreshToken(answer)
        let family = try StatusClaim(AccessToken(answer, of: booth).claims)
        let own = try Self.status(of: key, booth)
        #expect(try family.value(of: booth) == 0 && own.value(of: booth) == 0)
        let lists = try Self.lists(booth)
        #expect(!lists.isEmpty)
        booth.stop()
        try directory.copy(TemporaryDirectory.databaseFiles, from: "data", to: "old")
        let later = try Booth(issuer, in: directory)
        _ = try later.refreshToken(later.refresh(token, key))
        // Of this family the restored database knows nothing.
        let last = try later.token(TokenCall(exchanging: key.secret))
        _ = try later.refreshToken(last)
        let lost = try StatusClaim(AccessToken(last, of: later).claims)
        #expect(try lost.value(of: later) == 0)
        later.stop()
        try restoreOldCopy()
        let restored = try Booth(issuer + ["--accept-restore"], in: directory)
        expectInvalidGrant(try restored.refresh(token, key))
        // Verifiers still ask for the lists of before, and accept nothing that names them.
        for claim in [family, own, lost] {
            #expect(lists.contains(claim.uri))
            #expect(try claim.value(of: restored) == 1)
        }
        // A new exchange is as good as ever, in a list that did not exist.
        let next = try restored.token(TokenCall(exchanging: key.secret))
        _ = try restored.refreshToken(next)
        let living = [
            try StatusClaim(AccessToken(next, of: restored).claims), try Self.status(of: key, restored),
        ]
        for claim in living {
            #expect(!lists.contains(claim.uri))
            #expect(try claim.value(of: restored) == 0)
        }
        #expect(try Set(Self.lists(restored)).isSuperset(of: lists))
        restored.stop()
    }

    /// Where the tokens of the key itself say that their status stands.
    private static func status(of key: MadeKey, _ booth: Booth) throws -> StatusClaim {
        try StatusClaim(AccessToken(booth.token(TokenCall(key: key.secret)), of: booth).claims)
    }

    /// The URIs of the status lists.
    private static func lists(_ booth: Booth) throws -> [String] {
        (try booth.status("/oauth2/status-lists").json?["status_lists"]?.array ?? []).compactMap(\.string)
    }

    // threats: DBF-11
    @Test
    func `a lost journal is noticed`() throws {
        let booth = try Booth(in: directory)
        _ = try booth.makeKey()
        booth.kill()
        for name in ["tokenbooth.db-wal", "tokenbooth.db-shm"] {
            try FileManager.default.removeItem(atPath: directory.path + "/data/" + name)
        }
        let refusal = try Booth.refusal(in: directory)
        #expect(refusal.code == 78)
        #expect(refusal.text.contains("--accept-restore"), "\(refusal.text)")
    }

    @Test
    func `a copy is old as soon as the service has stopped or gone on after it`() throws {
        let booth = try Booth(in: directory)
        // As a snapshot of the file system would be.
        booth.process.signal(SIGSTOP)
        try directory.copy(TemporaryDirectory.databaseFiles, from: "data", to: "old")
        booth.process.signal(SIGCONT)
        _ = try booth.makeKey()
        booth.stop()
        try restoreOldCopy()
        #expect(try Booth.refusal(in: directory).code == 78)
    }

    @Test
    func `an empty database beside keys that have served is refused, until it is accepted`() throws {
        try Booth(in: directory).stop()
        try FileManager.default.removeItem(atPath: directory.path + "/data")
        let refusal = try Booth.refusal(in: directory)
        #expect(refusal.code == 78 && refusal.text.contains("--data-dir"), "\(refusal.text)")
        try Booth(["--accept-restore"], in: directory).stop()
        try Booth(in: directory).stop()
    }

    @Test(arguments: ["", "x\n", "12", "-1\n", "99999999999999999999\n"])
    func `an epoch file that is damaged or gone is refused`(content: String) throws {
        try Booth(in: directory).stop()
        let file = directory.path + "/keys/epoch"
        try FileManager.default.removeItem(atPath: file)
        #expect(try Booth.refusal(in: directory).code == 78)
        try directory.file("keys/epoch", content)
        let refusal = try Booth.refusal(in: directory)
        #expect(refusal.code == 78 && refusal.text.contains("epoch"), "\(refusal.text)")
        try FileManager.default.removeItem(atPath: file)
        try Booth(["--accept-restore"], in: directory).stop()
    }

    /// Every system call of a start that makes something durable, or gives a file its name.
    private static let calls = "pwrite64,fdatasync,fsync,renameat,renameat2,linkat"

    // A directory in the file's place fails for root, too.
    // threats: OPS-04
    @Test
    func `an epoch file that cannot be written is told of, and the service goes on`() throws {
        let booth = try Booth()
        let file = booth.directory.path + "/keys/epoch"
        try FileManager.default.removeItem(atPath: file)
        try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: false)
        let key = try booth.makeKey()
        let failures = try eventually(seconds: 30) { () -> Int? in
            let count = try booth.counter("tokenbooth_epoch_failures_total")
            return count > 0 ? count : nil
        }
        #expect(failures != nil)
        // The log is written behind what it tells of.
        #expect(eventually { Booth.event("clock and epoch cannot be written", in: booth.log) } != nil)
        #expect(try booth.token(TokenCall(key: key.secret)).status == 200)
        try FileManager.default.removeItem(atPath: file)
        booth.stop()
        #expect(Int(booth.directory.text(of: "keys/epoch").dropLast()) ?? 0 > 1)
    }

    // threats: DBF-08
    @Test(
        .enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/strace")),
        arguments: [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20]
    )
    func `a start that is killed anywhere is never a restore`(call: Int) throws {
        try Booth(in: directory).stop()
        let inject = ["-f", "-q", "-o", "/dev/null", "-e", "inject=\(Self.calls):signal=KILL:when=\(call)"]
        let process = try ChildProcess(
            ["/usr/bin/strace"] + inject + Booth.command(in: directory.path),
            errors: directory.path + "/log"
        )
        let ended: Bool? = eventually(seconds: 15) {
            process.poll() != nil || Booth.event("ready", in: directory.text(of: "log")) != nil ? true : nil
        }
        #expect(ended == true)
        if process.isRunning {
            // Traced, it may say that it is ready long before it listens to signals.
            let ending = eventually(seconds: 15) {
                directory.signalServer(SIGTERM)
                return process.wait(seconds: 0.5)
            }
            #expect(ending != nil)
        }
        try Booth(in: directory).stop()
    }
}

extension Booth {
    /// Like ``event(_:in:)``, by the beginning of a message.
    static func event(_ message: String, beginning: Bool, in log: String) -> JSONObject? {
        log.split(separator: "\n").lazy
            .compactMap { (try? JSONValue(parsing: Array($0.utf8)))?.object }
            .first { $0["message"]?.string?.hasPrefix(message) == true }
    }
}
