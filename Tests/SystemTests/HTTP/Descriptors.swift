import Foundation
import Glibc
import Testing

/// More connections than there are descriptors for; and `accept`, for want of them on the whole machine, fails.
@Suite("Out of descriptors")
struct Descriptors {
    private static let prlimit = "/usr/bin/prlimit"
    /// What the process keeps for itself, less what it may have opened late.
    private static let spare = 64

    /// As many descriptors for the process as given, and no limit of connections that it could reach.
    private static func booth(limit: Int) throws -> Booth {
        try Booth(
            configuration: "max_connections: 1000000\n",
            wrapper: [prlimit, "--nofile=\(limit):\(limit)"]
        )
    }

    private static func crowd(_ size: Int, port: UInt16) throws -> Crowd {
        try Crowd(size, port: port, first: Array("GET /healthz HTTP/1.1\r\nHost: x\r\n".utf8))
    }

    /// What an idle process spends, as a share of one core, judged against the time that really passed.
    private static func isAtRest(_ booth: Booth) -> Bool {
        eventually(seconds: 5) {
            let (before, start) = (booth.processorSeconds, ContinuousClock.now)
            usleep(500_000)
            let share = (booth.processorSeconds - before) / ((ContinuousClock.now - start) / .seconds(1))
            return share < 0.3 ? true : nil
        } == true
    }

    // threats: HTP-13
    @Test(.enabled(if: FileManager.default.fileExists(atPath: prlimit)))
    func `crowds on both listeners leave descriptors for the work, and who is connected is served in full`()
        throws
    {
        let limit = 300
        let booth = try Self.booth(limit: limit)
        #expect(booth.log.contains("max_connections is 1000000, but with \(limit) open files"))
        try booth.warmUp()
        let (known, unseen) = (try booth.makeKey().secret, try booth.makeKey().secret)
        let kept = try booth.connect(mayFail: true)
        kept.send(TokenCall(key: known).bytes)
        #expect(kept.response()?.status == 200)

        let crowds = [
            try Self.crowd(600, port: booth.publicPort), try Self.crowd(600, port: booth.adminPort),
        ]
        let waiting = try booth.connect()
        waiting.send(Booth.head("GET", "/healthz") + "\r\n")
        // The runtime looks at its threads once a second.
        for _ in 0..<30 {
            kept.send(TokenCall(key: known).bytes)
            #expect(kept.response()?.status == 200)
            #expect((1...limit - Self.spare).contains(booth.descriptors), "\(booth.descriptors)")
            usleep(100_000)
        }
        #expect(booth.descriptors > limit / 2, "nobody crowds")
        #expect(Self.isAtRest(booth))
        #expect(waiting.response(seconds: 0.5) == nil)
        // From the store, and a commit.
        kept.send(TokenCall(key: unseen).bytes)
        let token = try #require(kept.response())
        #expect(token.status == 200)
        let value = try #require(token.json?["access_token"]?.string)
        var revocation = TokenCall(body: TokenCall.form([("token", value)]), key: unseen)
        revocation.path = "/oauth2/revoke"
        kept.send(revocation.bytes)
        #expect(kept.response()?.status == 200)

        for crowd in crowds { crowd.reset() }
        #expect(waiting.response(seconds: 5)?.status == 200)
        #expect(try booth.token(TokenCall(key: known)).status == 200)
        // The two that are held here, and the one that asks.
        #expect(eventually(seconds: 10) { (try? booth.connections()) == 3 ? true : nil } == true)
        try AfterEachTest.check(booth)
    }

    // threats: HTP-13
    @Test(.enabled(if: FailingCalls.isPossible))
    func `when accept fails the listener rests, serves whom it has, and recovers`() throws {
        let booth = try Booth()
        try booth.warmUp()
        let kept = try booth.connect()
        kept.send(TokenCall(key: booth.rootKey).bytes)
        #expect(kept.response()?.status == 200)
        let trace = booth.directory.path + "/trace"
        let faults = try FailingCalls("accept4", error: "EMFILE", of: booth, trace: trace)
        let waiting = try booth.connect()
        waiting.send(Booth.head("GET", "/healthz") + "\r\n")
        // Not only for the first second.
        usleep(2_500_000)
        #expect(Self.isAtRest(booth))
        #expect(waiting.response(seconds: 0.5) == nil)
        kept.send(TokenCall(key: booth.rootKey).bytes)
        #expect(kept.response()?.status == 200)
        let failures = booth.directory.text(of: "trace").split(separator: "\n").filter {
            $0.contains("(INJECTED)")
        }
        #expect((2...40).contains(failures.count), "accept failed \(failures.count) times")

        faults.end()
        #expect(waiting.response(seconds: 5)?.status == 200)
        try AfterEachTest.check(booth)
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: prlimit)))
    func `a limit of open files that leaves no connections is refused at the start`() throws {
        let refusal = #expect(throws: Booth.NotReady.self) { try Self.booth(limit: 100) }
        let text = try #require(refusal).description
        #expect(text.contains("this process may open 100 files, and needs"), "\(text)")
        #expect(text.contains("exited(78)") && text.contains("LimitNOFILE"), "\(text)")
    }

    // threats: HTP-13
    @Test(
        .enabled(if: FileManager.default.fileExists(atPath: prlimit)),
        .enabled(if: ProcessInfo.processInfo.environment["TOKENBOOTH_SLOW_TESTS"] == "1")
    )
    func `Slow: fifty thousand connections against four thousand descriptors`() throws {
        let limit = Crowd.size(wanted: 4_096)
        let booth = try Self.booth(limit: limit)
        try booth.warmUp()
        let before = booth.descriptors
        for round in 1...10 {
            let crowd = try Self.crowd(5_000, port: booth.publicPort)
            let isFull = eventually(seconds: 5) { booth.descriptors > limit / 8 * 6 ? true : nil }
            #expect(isFull == true && booth.descriptors < limit - Self.spare, "\(booth.descriptors)")
            crowd.reset()
            let start = ContinuousClock.now
            #expect(try booth.token(TokenCall(key: booth.rootKey)).status == 200)
            let time = (ContinuousClock.now - start) / .seconds(1)
            #expect(time <= 5, "round \(round): \(time)")
        }
        #expect(eventually(seconds: 10) { booth.descriptors <= before + 12 ? true : nil } == true)
        try AfterEachTest.check(booth)
    }
}
