import Foundation
import Testing

/// What is said of revoked tokens while they cannot be read from the database: nothing that lacks some.
@Suite(
    "The list of revoked tokens before it is complete",
    .enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/python3"))
)
struct ListsWhileLoading {
    private func change(_ booth: Booth, _ statement: String) throws {
        let script = """
            import sqlite3, sys
            database = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=20)
            database.execute(sys.argv[2])
            database.close()
            """
        let path = booth.directory.path + "/data/tokenbooth.db"
        let process = try ChildProcess(["/usr/bin/python3", "-c", script, path, statement])
        #expect(process.wait(seconds: 30) == .exited(0))
    }

    // threats: REV-15
    @Test
    func `is 503 with Retry-After, also for who has one from before, and then everything is in it`() throws {
        var booth = try Booth(["--issuer", "http://127.0.0.1:1"])
        let key = try booth.makeKey()
        let (ended, good) = (try booth.accessToken(key), try booth.accessToken(key))
        try booth.revoked(ended, by: key)
        let path = "/oauth2/revocations"
        let before: HTTPResponse? = try eventually {
            let answer = try booth.get(path)
            return answer.status == 200 ? answer : nil
        }
        let tag = try #require(before?["etag"])
        booth.stop()
        // Without their count they cannot be read, and the service tries again each second.
        try change(booth, "DELETE FROM deniedTotal")
        booth = try Booth(["--issuer", "http://127.0.0.1:1"], in: booth.directory)
        for _ in 0..<3 {
            for condition in [[], ["If-None-Match: \(tag)"], ["If-None-Match: *"]] {
                let connection = try booth.connect(mayFail: true)
                connection.send(Booth.head("GET", path, condition) + "\r\n")
                let answer = try #require(connection.response())
                #expect(answer.status == 503 && answer.error == "temporarily_unavailable", "\(answer.text)")
                #expect(answer["retry-after"].flatMap { Int($0) } ?? 0 > 0)
                #expect(answer["cache-control"] == "no-store" && answer["etag"] == nil)
                #expect(answer["access-control-allow-origin"] == nil)
            }
            // The database is asked instead.
            #expect(try !booth.isActive(ended, for: key) && booth.isActive(good, for: key))
        }
        try change(booth, "INSERT INTO deniedTotal (id, count, forgottenUntil) VALUES (1, 1, 0)")
        let loaded: HTTPResponse? = try eventually(seconds: 15) {
            let answer = try booth.status(path)
            return answer.status == 200 ? answer : nil
        }
        #expect(loaded?["etag"] != nil && loaded?["etag"] != tag)
        let list = try SignedList(booth.issuer + path, type: "revocations+jwt", of: booth)
        #expect(list.claims["jtis"]?.array?.count == 1)
        #expect(try !booth.isActive(ended, for: key) && booth.isActive(good, for: key))
        booth.stop()
    }
}
