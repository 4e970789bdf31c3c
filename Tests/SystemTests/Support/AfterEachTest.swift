import Foundation
import Glibc
import Primitives
import Testing

/// What must hold after every test, whatever it did.
enum AfterEachTest {
    static func check(_ booth: Booth) throws {
        // P1: the same process, alive, and no trap.
        #expect(booth.process.isRunning, "the service has ended: \(String(describing: booth.process.poll()))")
        let log = booth.newLog()
        #expect(!contains(log, Array("Fatal error".utf8)))
        // P8: a good key still gets a token.
        var call = TokenCall(key: booth.rootKey)
        call.path = booth.basePath + call.path
        let probe = try booth.token(call)
        #expect(probe.status == 200)
        try searchForSecrets(booth, log)
    }

    /// P4: what only clients may know is in no log, in no metric, and not to be seen from outside.
    private static func searchForSecrets(_ booth: Booth, _ log: [UInt8]) throws {
        let metrics = try booth.get("/metrics", from: .admin)
        #expect(metrics.status == 200)
        let process = "/proc/\(booth.process.identifier)/"
        var places = [("the log", log), ("the metrics", metrics.body)]
        for name in ["cmdline", "environ"] {
            places.append(
                (name, FileManager.default.contents(atPath: process + name).map { Array($0) } ?? [])
            )
        }
        search(places, booth)
    }

    /// Ends the booth as an operator would, and looks at what it leaves behind.
    static func stop(_ booth: Booth) throws {
        booth.process.signal(SIGTERM)
        #expect(booth.process.wait(seconds: 12) == .exited(0))
        try checkDatabase(booth)
        searchLog(booth)
    }

    /// P6: asked of another SQLite than the one that wrote it.
    private static func checkDatabase(_ booth: Booth) throws {
        let script = """
            import sqlite3, sys
            database = sqlite3.connect(sys.argv[1])
            for pragma in ("integrity_check", "foreign_key_check"):
                print(pragma, database.execute("PRAGMA " + pragma).fetchall())
            """
        let path = booth.directory.path + "/data/tokenbooth.db"
        let result = try run(["/usr/bin/python3", "-c", script, path])
        #expect(result.text == "integrity_check [('ok',)]\nforeign_key_check []\n", "\(result.text)")
    }

    /// P4 for the database and its log: once, after all tests of a suite.
    static func searchFiles(_ booth: Booth) {
        let files = booth.directory.files().filter { $0.hasPrefix("data/") || $0 == "out" }
        #expect(files.count > 1)
        search(files.map { ($0, booth.directory.bytes(of: $0)) }, booth)
    }

    /// The whole log, when all of it is written.
    static func searchLog(_ booth: Booth) {
        let log = booth.directory.bytes(of: "log")
        #expect(!contains(log, Array("Fatal error".utf8)))
        for line in log.split(separator: 0x0A) {
            #expect((try? JSONValue(parsing: Array(line))) != nil, "\(String(decoding: line, as: UTF8.self))")
        }
        search([("the log", log)], booth)
    }

    private static func search(_ places: [(name: String, content: [UInt8])], _ booth: Booth) {
        let spellings = booth.canaries.spellings
        for (name, content) in places where spellings.contains(where: { contains(content, $0) }) {
            let line = content.split(separator: 0x0A).first { line in
                spellings.contains { contains(Array(line), $0) }
            }
            Issue.record(
                "a secret is in \(name): \(String(decoding: (line ?? []).prefix(400), as: UTF8.self))"
            )
        }
    }

    static func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
        Data(text).range(of: Data(part)) != nil
    }
}

/// What every single response must be like.
enum ResponseRules {
    static func check(_ response: HTTPResponse, _ listener: ListenerName, mayFail: Bool) {
        // P2: bad input is never our fault.
        #expect(response.status < 500 || mayFail, "\(response.status): \(response.text)")
        #expect(response.status == 100 || response.values("x-request-id").count == 1)
        if response.status == 401 { #expect(response.values("www-authenticate").count == 1) }
        if response.status == 405 { #expect(response["allow"] != nil) }
        guard listener == .public, response.status >= 400 else { return }
        checkOAuthError(response)
    }

    /// P3, and RFC 6749 §5.2: %x20-21 / %x23-5B / %x5D-7E.
    private static func checkOAuthError(_ response: HTTPResponse) {
        #expect(response["cache-control"] == "no-store")
        #expect(response["pragma"] == "no-cache")
        let hasBody = response["content-length"] != "0"
        #expect(response["content-type"] == (hasBody ? "application/json" : nil))
        guard !response.body.isEmpty else { return }
        #expect(response.error != nil, "\(response.text)")
        let description = response.json?["error_description"]?.string ?? ""
        let saysWhatToDo = description.contains(": ") || description.contains(" must ")
        #expect(saysWhatToDo, "\(description)")
        #expect(description.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C })
    }
}
