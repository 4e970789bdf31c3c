import Foundation
import Glibc
import Synchronization
import Testing

/// One server after the other on the same port and data, while clients never cease to ask.
@Suite("Hand-over under load")
struct HandOver {
    /// Clients that ask without a pause, each on a thread of its own, and what did not go well.
    private final class Load: Sendable {
        struct Failure {
            let asked: ContinuousClock.Instant
            let what: String
        }

        private let isOver = Atomic<Bool>(false)
        private let running: Atomic<Int>
        private let successes = Atomic<Int>(0)
        private let failures = Mutex<[Failure]>([])

        var answered: Int { successes.load(ordering: .relaxed) }

        /// - Parameter lifetime: Requests on one connection, for each of the clients.
        init(port: UInt16, request: [UInt8], lifetimes: [Int]) {
            running = Atomic(lifetimes.count)
            for lifetime in lifetimes {
                Thread.detachNewThread { [self] in
                    while !isOver.load(ordering: .relaxed) { converse(port, request, lifetime) }
                    running.subtract(1, ordering: .releasing)
                }
            }
        }

        private func converse(_ port: UInt16, _ request: [UInt8], _ lifetime: Int) {
            let start = ContinuousClock.now
            guard let connection = try? RawConnection(port: port) else {
                failures.withLock { $0.append(Failure(asked: start, what: "refused")) }
                usleep(1_000)
                return
            }
            for _ in 0..<lifetime where !isOver.load(ordering: .relaxed) {
                connection.send(request)
                // From here on the request is the kernel's to deliver.
                let asked = ContinuousClock.now
                guard let response = connection.response(), response.status == 200 else {
                    let rest = String(decoding: connection.rest(seconds: 0), as: UTF8.self)
                    let what = rest.isEmpty ? "no answer" : "cut off: \(rest)"
                    failures.withLock { $0.append(Failure(asked: asked, what: what)) }
                    return
                }
                successes.add(1, ordering: .relaxed)
                if response["connection"] == "close" { return }
            }
        }

        /// Ends the clients and tells how they fared.
        func end() -> [Failure] {
            isOver.store(true, ordering: .relaxed)
            _ = eventually(seconds: 15) { running.load(ordering: .acquiring) == 0 ? true : nil }
            return failures.withLock { $0 }
        }
    }

    /// A connection that was begun no longer than this before the signal may not be taken any more when the listener is
    /// closed: its client gets no byte of an answer and may ask again.
    private static let arrival = Duration.milliseconds(20)

    /// Below the ports that the kernel gives to clients: one of ours could take it between two servers.
    private static func start(_ port: UInt16, in directory: TemporaryDirectory) throws -> Booth {
        try Booth(["--listen", "127.0.0.1:\(port)"], in: directory)
    }

    private static func first(in directory: TemporaryDirectory) throws -> Booth {
        let candidates = (0..<10).map { _ in UInt16.random(in: 20_000..<32_000) }
        for port in candidates.dropLast() {
            if let booth = try? start(port, in: directory) { return booth }
        }
        return try start(candidates[9], in: directory)
    }

    /// Where the process ended, when it did not mean to.
    private static func trap(in booth: Booth) -> String {
        // A trap takes its time to be told.
        _ = booth.process.wait(seconds: 20)
        let lines = booth.log.split(separator: "\n").filter { !$0.hasPrefix("{") }
        return (lines.prefix(1) + lines.drop { !$0.contains("crashed:") }.prefix(40)).joined(separator: "\n")
    }

    // threats: OPS-01
    @Test(
        "SIGTERM under load: what was asked before it is answered, and the successor takes over",
        arguments: ProcessInfo.processInfo.environment["TOKENBOOTH_SLOW_TESTS"] == "1" ? [100] : [5]
    )
    func signalsUnderLoad(rounds: Int) throws {
        let directory = try TemporaryDirectory()
        var booth = try Self.first(in: directory)
        let request = TokenCall(key: try booth.makeKey().secret).bytes
        let load = Load(port: booth.publicPort, request: request, lifetimes: [1, 1, 10, 1_000_000])
        let rest = request.suffix(5)
        var gaps: [ClosedRange<ContinuousClock.Instant>] = []
        for _ in 0..<rounds {
            let answered = load.answered
            let isUnderLoad = eventually(seconds: 10) { load.answered > answered + 50 ? true : nil } == true
            try #require(isUnderLoad, "\(Self.trap(in: booth))")
            usleep(.random(in: 0...20_000))
            // In flight without a doubt: half of each has had its time to be read.
            var begun = try (0..<10).map { _ in try booth.connect() }
            for connection in begun { connection.send(Array(request.dropLast(rest.count))) }
            usleep(50_000)
            #expect(try booth.get("/readyz").status == 200)
            let signalled = ContinuousClock.now
            booth.process.signal(SIGTERM)
            for request in begun { request.send(Array(rest)) }
            for (index, request) in begun.enumerated() {
                let time = (ContinuousClock.now - signalled) / .milliseconds(1)
                let status = request.response()?.status
                #expect(status == 200, "request \(index) in flight, \(time) ms after the signal")
            }
            begun.removeAll()
            let ending = booth.process.wait(seconds: 10)
            try #require(ending == .exited(0), "\(Self.trap(in: booth))")
            booth = try Self.start(booth.publicPort, in: directory)
            gaps.append((signalled - Self.arrival)...ContinuousClock.now)
        }
        let answered = load.answered
        #expect(eventually(seconds: 10) { load.answered > answered + 50 ? true : nil } == true)
        let failures = load.end()
        for failure in failures {
            // Who asks when the server is told to stop may find nobody, but is never answered by halves.
            let isMeanwhile = gaps.contains { $0.contains(failure.asked) }
            let nearest = gaps.map { ($0.lowerBound + Self.arrival - failure.asked) / .milliseconds(1) }
                .min { abs($0) < abs($1) }
            #expect(
                isMeanwhile && !failure.what.hasPrefix("cut"),
                "\(failure.what), asked \(nearest ?? 0) ms before a signal"
            )
        }
        let gap = gaps.map { ($0.upperBound - $0.lowerBound) / .milliseconds(1) }.sorted()
        print(
            "\(rounds) hand-overs, \(load.answered) requests answered; nobody there for \(Int(gap[gap.count / 2])) ms"
        )
        try AfterEachTest.check(booth)
        try AfterEachTest.stop(booth)
    }
}
