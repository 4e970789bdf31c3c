import Foundation
import Glibc
import Testing

/// One system call of the running service that fails, each in turn.
struct DiskFault: Sendable, CustomTestStringConvertible {
    enum Manner: Sendable {
        /// `strace` makes it.
        case error(String, of: String)
        /// A preloaded library makes it.
        case preloaded(FaultyDisk.Manner)
    }

    let manner: Manner
    /// Which call: of each thread where `strace` counts, else of all threads.
    let when: Int
    /// Whether all later calls fail, too.
    var lasts = false

    var testDescription: String {
        let after = lasts ? " and later" : ""
        return switch manner {
        case .error(let error, let call): "\(call) \(when)\(after): \(error)"
        case .preloaded(let manner): "\(manner) \(when)\(after)"
        }
    }

    static func each(_ calls: ClosedRange<Int>) -> [DiskFault] {
        [("pwrite64", "ENOSPC"), ("pwrite64", "EIO"), ("fdatasync", "EIO")].flatMap { call, error in
            calls.map { DiskFault(manner: .error(error, of: call), when: $0) }
        }
    }

    static func preloaded(_ manners: [FaultyDisk.Manner], _ calls: ClosedRange<Int>, lasts: Bool = false)
        -> [DiskFault]
    {
        manners.flatMap { manner in
            calls.map { DiskFault(manner: .preloaded(manner), when: $0, lasts: lasts) }
        }
    }

    /// Makes, disables, refreshes and revokes while the fault is in force; what was answered is what is there.
    func run() throws {
        let directory = try TemporaryDirectory()
        let disk: FaultyDisk? = if case .preloaded = manner { try FaultyDisk(in: directory) } else { nil }
        var booth = try Booth(environment: disk?.environment ?? [:], in: directory)
        let victims = try (0..<4).map { _ in try booth.makeKey() }
        let key = try booth.makeRefreshingKey()
        let families = try (0..<2).map { _ in try booth.exchanged(key) }
        if let disk {
            // Nothing of the database is in its memory then.
            booth.stop()
            booth = try Booth(environment: disk.environment, in: directory)
        }
        let mend = try inject(booth, disk)
        var created: [String: Int] = [:]
        var disabled: [String: Int] = [:]
        for (number, victim) in victims.enumerated() {
            let name = "made \(number)"
            created[name] = try booth.attempt("POST", "keys", "{\"name\":\"\(name)\"}")?.status
            disabled[victim.id] = try booth.attempt("POST", "keys/\(victim.id)/disable")?.status
        }
        let refreshed = try booth.attempt(TokenCall(refreshing: families[0], key: key.secret))
        let revoked = try booth.attempt(Self.revocation(of: families[1], by: key.secret))
        try mend()
        let answers =
            Array(created.values) + Array(disabled.values) + [refreshed?.status ?? 0, revoked?.status ?? 0]
        let expected = isHarmless ? [200, 201] : [200, 201, 503]
        #expect(answers.count == 10 && answers.allSatisfy { expected.contains($0) }, "\(answers)")

        let ready: Bool? = try eventually(seconds: 15) {
            try booth.status("/readyz").status == 200 ? true : nil
        }
        #expect(ready == true)
        try Self.compare(created, disabled, with: booth)
        #expect(try booth.admin("POST", "keys", #"{"name":"after"}"#).status == 201)
        booth.kill()
        // The same after a recovery.
        let again = try Booth(in: booth.directory)
        try Self.compare(created, disabled, with: again)
        // Spent if and only if a successor was given; within the grace it is given again.
        let successor = try again.refreshToken(again.refresh(families[0], key))
        if let given = refreshed?.json?["refresh_token"]?.string { #expect(successor == given) }
        let ended = try again.refresh(families[1], key)
        #expect((ended.status == 400) == (revoked?.status == 200), "revoked was \(revoked?.status ?? 0)")
        again.stop()
        let check = try Booth.run([
            "db", "check", "-q", "--data-dir", booth.directory.path + "/data", "--keys-dir",
            booth.directory.path + "/keys",
        ])
        #expect(check.ending == .exited(0), "\(check.text)")
    }

    /// Whether whoever writes has only to go on.
    private var isHarmless: Bool { if case .preloaded(.halved) = manner { true } else { false } }

    /// - Returns: What ends the fault.
    private func inject(_ booth: Booth, _ disk: FaultyDisk?) throws -> () throws -> Void {
        switch manner {
        case .preloaded(let manner):
            let disk = try #require(disk)
            try disk.fail(manner, at: when, lasts: lasts)
            return {
                let failed = try disk.mend()
                #expect(failed > 0, "nothing failed")
            }
        case .error(let error, let call):
            let when = lasts ? "\(when)+" : "\(when)"
            return try FailingCalls(call, error: error, when: when, of: booth).end
        }
    }

    private static func revocation(of token: String, by key: String) -> TokenCall {
        var call = TokenCall(body: TokenCall.form([("token", token)]), key: key)
        call.path = "/oauth2/revoke"
        return call
    }

    private static func compare(_ created: [String: Int], _ disabled: [String: Int], with booth: Booth) throws
    {
        for (name, status) in created {
            let path = "keys?name=" + name.replacingOccurrences(of: " ", with: "%20")
            let count = try booth.admin("GET", path).json?["items"]?.array?.count
            #expect(count == (status == 201 ? 1 : 0), "\(name) was \(status)")
        }
        for (id, status) in disabled {
            let state = try booth.admin("GET", "keys/\(id)").json?["status"]?.string
            #expect(state == (status == 200 ? "disabled" : "active"), "\(id) was \(status)")
        }
    }
}

@Suite("A disk that fails once", .serialized)
struct DiskFaults {
    // threats: DBF-03, DBF-04, DBF-05
    @Test(
        .enabled(if: FailingCalls.isPossible),
        arguments: DiskFault.each(1...2)
    )
    func `no change is acknowledged that is not there, and service resumes without a restart`(
        fault: DiskFault
    ) throws { try fault.run() }

    // threats: DBF-03, DBF-04
    @Test(
        .enabled(if: Preload.compiler != nil),
        arguments: DiskFault.preloaded([.unreadable, .full], 1...1)
            + DiskFault.preloaded([.unreadable, .halved], 1...1, lasts: true)
    )
    func `nor after a read that fails, or a write that is done by half`(fault: DiskFault) throws {
        try fault.run()
    }
}

@Suite(
    "Slow: a disk that fails once",
    .serialized,
    .enabled(if: ProcessInfo.processInfo.environment["TOKENBOOTH_SLOW_TESTS"] == "1")
)
struct SlowDiskFaults {
    // threats: DBF-03, DBF-04, DBF-05
    @Test(
        .enabled(if: FailingCalls.isPossible),
        arguments: DiskFault.each(3...30)
    )
    func `no change is acknowledged that is not there, wherever the fault is`(fault: DiskFault) throws {
        try fault.run()
    }

    // threats: DBF-03, DBF-04
    @Test(
        .enabled(if: Preload.compiler != nil),
        arguments: DiskFault.preloaded([.unreadable, .full, .halved], 2...30)
            + DiskFault.preloaded([.unreadable, .full], 1...10, lasts: true)
    )
    func `nor after a read that fails, or a write that is done by half, wherever it is`(fault: DiskFault)
        throws
    { try fault.run() }
}
