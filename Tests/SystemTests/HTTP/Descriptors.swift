import Foundation
import Glibc
import Testing

/// A server that may hold fewer descriptors than it may hold connections: `accept` fails with EMFILE.
@Suite("Out of descriptors")
struct Descriptors {
    private static let prlimit = "/usr/bin/prlimit"

    /// As many descriptors for the process as given, and no limit of connections that it could reach.
    private static func booth(limit: Int) throws -> Booth {
        try Booth(
            configuration: "max_connections: 1000000\n",
            wrapper: [prlimit, "--nofile=\(limit):\(limit)"]
        )
    }

    /// Takes every descriptor that the server has left, and as many connections more wait in vain.
    private static func exhaust(_ booth: Booth, limit: Int, _ crowd: Int) throws -> Crowd {
        let first = Array("GET /healthz HTTP/1.1\r\nHost: x\r\n".utf8)
        let crowd = try Crowd(crowd, port: booth.publicPort, first: first)
        #expect(eventually(seconds: 5) { booth.descriptors >= limit - 1 ? true : nil } == true)
        return crowd
    }

    // threats: HTP-13
    @Test(.enabled(if: FileManager.default.fileExists(atPath: prlimit)))
    func `without a descriptor for accept the server serves whom it has, rests, and recovers`() throws {
        let booth = try Self.booth(limit: 200)
        try booth.warmUp()
        let (known, unseen) = (try booth.makeKey().secret, try booth.makeKey().secret)
        let kept = try booth.connect(mayFail: true)
        kept.send(TokenCall(key: known).bytes)
        #expect(kept.response()?.status == 200)

        let crowd = try Self.exhaust(booth, limit: 200, 600)
        // Nobody new gets in; who is in is served from memory, and from the store or told 503.
        let waiting = try booth.connect()
        waiting.send(Booth.head("GET", "/healthz") + "\r\n")
        // Not only for the first second, and judged against the time that really passed.
        usleep(2_500_000)
        let isAtRest = eventually(seconds: 5) {
            let (before, start) = (booth.processorSeconds, ContinuousClock.now)
            usleep(500_000)
            let share = (booth.processorSeconds - before) / ((ContinuousClock.now - start) / .seconds(1))
            return share < 0.3 ? true : nil
        }
        #expect(isAtRest == true, "the accept loop spins")
        #expect(waiting.response(seconds: 0.5) == nil)
        kept.send(TokenCall(key: known).bytes)
        #expect(kept.response()?.status == 200)
        kept.send(TokenCall(key: unseen).bytes)
        #expect([200, 503].contains(kept.response()?.status))

        crowd.reset()
        #expect(waiting.response(seconds: 5)?.status == 200)
        #expect(try booth.token(TokenCall(key: unseen)).status == 200)
        // The two that are held here, and the one that asks.
        #expect(eventually(seconds: 10) { (try? booth.connections()) == 3 ? true : nil } == true)
        try AfterEachTest.check(booth)
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
            let crowd = try Self.exhaust(booth, limit: limit, 5_000)
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
