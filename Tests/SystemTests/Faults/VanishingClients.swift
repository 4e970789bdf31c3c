import Foundation
import Glibc
import Primitives
import Testing

/// Clients that hang up in the middle of changes.
enum VanishingClients {
    static func run(_ count: Int) throws {
        let booth = try Booth()
        var generator = SystemRandomNumberGenerator()
        var open: [RawConnection] = []
        for number in 0..<count {
            let connection = try RawConnection(port: booth.adminPort)
            let request = Array(
                booth.adminRequest("POST", "keys", "{\"name\":\"vanishing \(number)\"}").utf8
            )
            let isWhole = Bool.random(using: &generator)
            connection.send(
                isWhole ? request : Array(request.dropLast(.random(in: 1...20, using: &generator)))
            )
            if Bool.random(using: &generator) { connection.reset() }
            open.append(connection)
            // Some go at once, others when the commit is under way or done.
            if open.count > Int.random(in: 0...12, using: &generator) { open.removeAll() }
            if number.isMultiple(of: 50) {
                #expect(try booth.admin("POST", "keys", "{\"name\":\"staying \(number)\"}").status == 201)
            }
        }
        open.removeAll()
        #expect(try booth.status("/readyz").status == 200)
        let names = try names(booth)
        #expect(Set(names).count == names.count, "no change was made twice")
        let staying = names.filter { $0.hasPrefix("staying") }
        #expect(staying.count == (count + 49) / 50)
        booth.stop()
        // What was there before the end is there after it: nothing hung in a transaction.
        let again = try Booth(in: booth.directory)
        let after = try Self.names(again)
        #expect(Set(after).isSuperset(of: names))
        again.stop()
        let check = try Booth.run([
            "db", "check", "-q", "--data-dir", booth.directory.path + "/data", "--keys-dir",
            booth.directory.path + "/keys",
        ])
        #expect(check.ending == .exited(0), "\(check.text)")
    }

    private static func names(_ booth: Booth) throws -> [String] {
        var names: [String] = []
        var path = "keys?limit=200"
        while true {
            let page = try booth.admin("GET", path).json
            names += (page?["items"]?.array ?? []).compactMap { $0.object?["name"]?.string }
            guard let cursor = page?["next_cursor"]?.string else { return names }
            path = "keys?limit=200&cursor=" + cursor
        }
    }
}

@Suite("Clients that vanish")
struct SomeVanishingClients {
    // threats: DBF-13
    @Test
    func `leave no half change and no lock behind`() throws { try VanishingClients.run(300) }
}

@Suite(
    "Slow: clients that vanish",
    .enabled(if: ProcessInfo.processInfo.environment["TOKENBOOTH_SLOW_TESTS"] == "1")
)
struct SlowVanishingClients {
    // threats: DBF-13
    @Test
    func `leave no half change and no lock behind, however many`() throws {
        try VanishingClients.run(100_000)
    }
}
