import Foundation
import Primitives
import Testing

@Suite("tokenbooth keys rotate, lookup, export and import", .serialized, .booth)
struct KeyTransfers {
    /// - Returns: How it ended, and what it printed.
    private func run(
        _ arguments: [String],
        on booth: Booth? = nil,
        input: String = ""
    ) throws -> (ending: ChildProcess.Ending?, output: String, errors: String) {
        let booth = try booth ?? Booth.current
        let directory = try TemporaryDirectory()
        let process = try ChildProcess(
            [Booth.binary, "keys"] + arguments,
            environment: [
                "TOKENBOOTH_KEY": booth.rootKey, "TOKENBOOTH_URL": "http://127.0.0.1:\(booth.adminPort)",
            ],
            input: try directory.file("input", input),
            output: directory.path + "/output",
            errors: directory.path + "/errors"
        )
        let ending = process.wait(seconds: 30)
        return (ending, directory.text(of: "output"), directory.text(of: "errors"))
    }

    private func status(_ secret: String, on booth: Booth) throws -> Int {
        try booth.token(TokenCall(key: secret)).status
    }

    @Test
    func `a rotation shows the new secret once, and a lookup takes one from a file or standard input`() throws
    {
        let booth = try Booth.current
        let key = try booth.makeKey()
        let rotated = try run(["rotate", key.id, "--grace", "15m", "-q"])
        #expect(rotated.ending == .exited(0), "\(rotated.errors)")
        let secret = rotated.output.trimmingCharacters(in: .newlines)
        booth.canaries.add(secret)
        #expect(secret.utf8.count == 40)
        #expect(try [status(key.secret, on: booth), status(secret, on: booth)] == [200, 200])
        let directory = try TemporaryDirectory()
        let file = try directory.file("found", secret + "\n")
        for arguments in [["--secret-file", file], []] {
            let found = try run(["lookup", "-q"] + arguments, input: key.secret)
            #expect(found.ending == .exited(0) && found.output == key.id + "\n", "\(found.errors)")
        }
        #expect(try run(["rotate", key.id, "--extend", "6h"]).ending == .exited(0))
        #expect(try run(["rotate", key.id, "--end-overlap"]).ending == .exited(0))
        #expect(try [status(key.secret, on: booth), status(secret, on: booth)] == [401, 200])
        #expect(try run(["lookup"], input: key.secret).ending == .exited(1))
        for arguments in [
            ["rotate", key.id, "--grace", "x"], ["rotate", key.id, "--extend", "1h", "--end-tokens"],
            ["lookup", "--secret-file", secret],
        ] {
            let result = try run(arguments)
            #expect(result.ending == .exited(64) && !(result.output + result.errors).contains(secret))
        }
    }

    // threats: CLI-01
    @Test
    func `an export goes into another installation with its secrets working, twice as well as once`() throws {
        let booth = try Booth.current
        let keys = try (0..<3).map { _ in try booth.makeKey() }
        _ = try booth.admin("POST", "keys/\(keys[2].id)/disable")
        let directory = try TemporaryDirectory()
        let file = directory.path + "/keys.ndjson"
        let export = try run(["export", "--file", file, "-o", "json"])
        #expect(export.ending == .exited(0), "\(export.errors)")
        #expect(try run(["export", "--file", file]).ending != .exited(0), "it replaces no file")
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let text = directory.text(of: "keys.ndjson")
        #expect(keys.allSatisfy { text.contains($0.id) && !text.contains($0.secret) })
        #expect(!text.contains(booth.rootKey.prefix(8)), "the root key stays where it is")
        #expect(try run(["export"]).output.split(separator: "\n").count == text.split(separator: "\n").count)

        let other = try Booth()
        defer {
            other.process.signal(15)
            _ = other.process.wait(seconds: 12)
        }
        let refused = try run(["import", file], on: other)
        #expect(refused.ending == .exited(1) && refused.output.contains("/scopes/0"))
        let dry = try run(["import", file, "--dry-run", "-o", "json"], on: other)
        #expect(dry.ending == .exited(1) && dry.output.contains("\"created\":0"))
        let count = text.split(separator: "\n").count
        let done = try run(["import", file, "--create-scopes"], on: other)
        #expect(done.ending == .exited(0) && done.output.contains("\(count) created"), "\(done)")
        for key in keys[..<2] { #expect(try status(key.secret, on: other) == 200) }
        #expect(try status(keys[2].secret, on: other) == 401, "disabled there, too")
        let again = try run(["import", "-", "-o", "json"], on: other, input: text)
        #expect(again.ending == .exited(0) && again.output.contains("\"unchanged\":\(count)"), "\(again)")
    }

    @Test
    func `an import has a larger body than other requests, and bounds`() throws {
        let booth = try Booth.current
        func send(_ body: String, type: String = "application/x-ndjson") throws -> HTTPResponse {
            let head = Booth.head(
                "POST",
                "/admin/v1/keys/import?dry_run=true",
                [
                    "Content-Type: \(type)", "Content-Length: \(body.utf8.count)",
                    "Authorization: Bearer \(booth.rootKey)",
                ]
            )
            return try booth.send(Array((head + "\r\n" + body).utf8), to: .admin)
        }
        let row = "{\"name\":\"\(String(repeating: "n", count: 300))\"}\n"
        let most = try send(String(repeating: row, count: 2000))
        #expect(most.status == 200 && most.json?["refused"]?.integer == 2000)
        #expect(most.json?["results"]?.array?.count == 2000)
        #expect(try send(String(repeating: row, count: 2001)).status == 400)
        #expect(try send("\n\n nonsense\n").json?["results"]?.array?.first?.object?["line"]?.integer == 3)
        #expect(try send("").json?["results"]?.array?.isEmpty == true)
        #expect(try send(row, type: "application/json").status == 415)
    }
}
