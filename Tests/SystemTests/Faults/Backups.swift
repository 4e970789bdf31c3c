import Foundation
import Glibc
import Primitives
import Synchronization
import Testing

@Suite("Backups: protocol §5")
struct Backups {
    private static func checkArguments(_ directory: String, keys: String) -> [String] {
        ["db", "check", "-o", "json", "--data-dir", directory, "--keys-dir", keys]
    }

    /// Makes keys from several threads for as long as it lives.
    private final class Load: Sendable {
        private let isEnough = Atomic<Bool>(false)
        private let running = Atomic<Int>(4)
        private let names = Mutex<[String]>([])

        init(_ booth: Booth) {
            for writer in 0..<4 {
                Thread { [self] in
                    defer { running.wrappingSubtract(1, ordering: .relaxed) }
                    for number in 0..<100_000 where !isEnough.load(ordering: .relaxed) {
                        let name = "load-\(writer)-\(number)"
                        let answer = try? booth.attempt("POST", "keys", "{\"name\":\"\(name)\"}")
                        if answer?.status == 201 { names.withLock { $0.append(name) } }
                    }
                }.start()
            }
        }

        /// Of the keys whose creation was answered.
        var acknowledged: [String] { names.withLock { $0 } }

        func end() {
            isEnough.store(true, ordering: .relaxed)
            let hasEnded: Bool? = eventually(seconds: 20) {
                running.load(ordering: .relaxed) == 0 ? true : nil
            }
            #expect(hasEnded == true)
        }
    }

    // threats: DBF-20, REV-16
    @Test
    func `a backup under load holds all that was acknowledged before it, and is known to be old`() throws {
        let booth = try Booth()
        let target = try TemporaryDirectory()
        let load = Load(booth)
        let before: [String]? = eventually(seconds: 20) {
            let names = load.acknowledged
            return names.count > 50 ? names : nil
        }
        let file = target.path + "/copy.db"
        let backup = try booth.run(["db", "backup", "--file", file, "-o", "json"])
        load.end()
        #expect(backup.ending == .exited(0), "\(backup.text)")
        #expect(backup.text.contains(#""status":"done""#) && backup.text.contains("sha256"))
        // A second one never replaces the first.
        let again = try booth.run(["db", "backup", "--file", file])
        #expect(again.ending == .exited(78), "\(again.text)")
        try Self.restore(file, over: booth, expecting: try #require(before))
    }

    private static func restore(_ file: String, over booth: Booth, expecting names: [String]) throws {
        let directory = booth.directory
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path + "/data/backups") == [])
        booth.stop()
        for name in TemporaryDirectory.databaseFiles {
            try? FileManager.default.removeItem(atPath: directory.path + "/data/" + name)
        }
        try FileManager.default.copyItem(atPath: file, toPath: directory.path + "/data/tokenbooth.db")
        let check = try Booth.run(checkArguments(directory.path + "/data", keys: directory.path + "/keys"))
        #expect(check.ending == .exited(2) && check.text.contains("--accept-restore"), "\(check.text)")
        #expect(try Booth.refusal(in: directory).code == 78)
        let restored = try Booth(["--accept-restore"], in: directory)
        for name in names {
            #expect(
                try restored.admin("GET", "keys?name=\(name)").json?["items"]?.array?.count == 1,
                "\(name)"
            )
        }
        restored.stop()
        let sound = try Booth.run(checkArguments(directory.path + "/data", keys: directory.path + "/keys"))
        #expect(sound.ending == .exited(0) && sound.text.contains(#""faults":[]"#), "\(sound.text)")
    }

    @Test
    func `backups are for super admins, one at a time, and known by their ids only`() throws {
        let booth = try Booth()
        let admin = try booth.makeKey(
            #""audiences":["urn:tokenbooth:admin"],"scopes":["keys:read","backups:write"],"admin_role":"admin""#
        )
        #expect(try booth.admin("POST", "backups", key: admin.secret).status == 403)
        let begun = try booth.admin("POST", "backups")
        #expect(begun.status == 202)
        let id = try #require(begun.json?["id"]?.string)
        #expect(begun["location"] == "/admin/v1/backups/\(id)")
        #expect(try booth.admin("GET", "backups/\(id)", key: admin.secret).status == 403)
        let done: JSONObject? = try eventually(seconds: 10) {
            let backup = try booth.admin("GET", "backups/\(id)").json
            return backup?["status"]?.string == "done" ? backup : nil
        }
        let size = try #require(done?["size"]?.integer)
        let content = try booth.admin("GET", "backups/\(id)/content")
        #expect(content.status == 200 && Int64(content.body.count) == size)
        #expect(content["content-type"] == "application/octet-stream")
        #expect(content.body.starts(with: Array("SQLite format 3".utf8)))
        #expect(try booth.admin("GET", "backups/\(id)/content?offset=\(size - 1)").body.count == 1)
        #expect(try booth.admin("GET", "backups/\(id)/content?offset=\(size)").body.isEmpty)
        for offset in ["-1", "1e3", "", "99999999999999999999", "01"] {
            #expect(
                try booth.admin("GET", "backups/\(id)/content?offset=\(offset)").status == 400,
                "\(offset)"
            )
        }
        for name in ["..%2Ftokenbooth.db", "%2E%2E", "bkp_", id.uppercased(), "tokenbooth.db"] {
            #expect(try booth.admin("GET", "backups/\(name)/content").status == 404, "\(name)")
            #expect(try booth.admin("DELETE", "backups/\(name)").status == 404, "\(name)")
        }
        #expect(try booth.admin("DELETE", "backups/\(id)").status == 204)
        #expect(try booth.admin("DELETE", "backups/\(id)").status == 404)
        #expect(try booth.status("/readyz").status == 200)
        booth.stop()
    }

    @Test
    func `four copies at most lie around, those of an earlier process too, and half ones are cleared away`()
        throws
    {
        let directory = try TemporaryDirectory()
        let first = try Booth(in: directory)
        for _ in 0..<4 {
            let path = try #require(
                first.admin("POST", "backups").json?["id"]?.string.map { "backups/\($0)" }
            )
            let isDone: Bool? = try eventually(seconds: 20) {
                try first.admin("GET", path).json?["status"]?.string == "done" ? true : nil
            }
            #expect(isDone == true)
        }
        let folder = directory.path + "/data/backups"
        let ids = try FileManager.default.contentsOfDirectory(atPath: folder).map { $0.dropLast(3) }
        let full = try first.admin("POST", "backups")
        #expect(
            full.status == 409 && ids.count == 4 && ids.allSatisfy { full.text.contains($0) },
            "\(full.text)"
        )
        // What is removed by hand does not count any more, in the process that has made it.
        try FileManager.default.removeItem(atPath: "\(folder)/\(ids[0]).db")
        let again = try #require(first.admin("POST", "backups").json?["id"]?.string)
        let isDone: Bool? = try eventually(seconds: 20) {
            try first.admin("GET", "backups/\(again)").json?["status"]?.string == "done" ? true : nil
        }
        #expect(isDone == true)
        #expect(try first.admin("GET", "backups/\(ids[0])").status == 404)
        first.stop()
        let partial = directory.path + "/data/backups/bkp_x.db.part"
        try Data().write(to: URL(filePath: partial))
        let second = try Booth(in: directory)
        #expect(!FileManager.default.fileExists(atPath: partial))
        let refused = try second.admin("POST", "backups")
        #expect(refused.status == 409 && refused.text.contains(again), "\(refused.text)")
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path + "/data/backups")
        try FileManager.default.removeItem(atPath: directory.path + "/data/backups/\(names[0])")
        #expect(try second.admin("POST", "backups").status == 202)
        second.stop()
    }

    @Test
    func `db check is for a server that does not run, and finds what serve would refuse`() throws {
        let booth = try Booth()
        _ = try booth.makeKey()
        let (data, keys) = (booth.directory.path + "/data", booth.directory.path + "/keys")
        let running = try Booth.run(Self.checkArguments(data, keys: keys))
        #expect(running.ending == .exited(1), "\(running.text)")
        booth.kill()
        let sound = try Booth.run(Self.checkArguments(data, keys: keys))
        #expect(sound.ending == .exited(0) && sound.text.contains(#""api_keys":2"#), "\(sound.text)")
        let table = try Booth.run(["db", "check", "--data-dir", data, "--keys-dir", keys])
        #expect(table.ending == .exited(0) && table.text.contains("All is well."), "\(table.text)")

        let quietly = Self.checkArguments(data, keys: keys) + ["-q"]
        #expect(try Booth.run(quietly).text.isEmpty, "-q is more than -o json")

        let elsewhere = try Booth.run(Self.checkArguments(booth.directory.path + "/none", keys: keys))
        #expect(elsewhere.ending == .exited(78))
        let secret = keys + "/refresh.secret"
        try FileManager.default.moveItem(atPath: secret, toPath: secret + "-away")
        let lost = try Booth.run(Self.checkArguments(data, keys: keys))
        #expect(lost.ending == .exited(2) && lost.text.contains("refresh secret"), "\(lost.text)")
        let fault = try Booth.run(quietly)
        #expect(
            fault.ending == .exited(2) && fault.text.hasPrefix("Error: \(keys): the refresh secret"),
            "\(fault.text)"
        )
        try FileManager.default.moveItem(atPath: secret + "-away", toPath: secret)

        // A page in the middle, overwritten.
        let database = data + "/tokenbooth.db"
        let handle = try #require(FileHandle(forUpdatingAtPath: database))
        try handle.seek(toOffset: 4096 * 5)
        try handle.write(contentsOf: Data(repeating: 0xA5, count: 4096))
        try handle.close()
        let damaged = try Booth.run(Self.checkArguments(data, keys: keys))
        #expect(damaged.ending == .exited(2), "\(damaged.text)")
    }
}
