import Foundation
import Glibc
import Synchronization
import Testing

/// More clients than there is room for, all meaning well: only with TOKENBOOTH_SLOW_TESTS=1.
@Suite(
    "Slow: crowds that ask for too much",
    .serialized,
    .enabled(if: ProcessInfo.processInfo.environment["TOKENBOOTH_SLOW_TESTS"] == "1")
)
struct OverloadCrowds {
    /// Asks on all of its connections, and again on each that has its answer, until it is told to stop.
    private final class Customers: Sendable {
        private let stops = Atomic<Bool>(false)
        private let done = DispatchSemaphore(value: 0)
        private let answered = Atomic<Int>(0)

        init(_ count: Int, port: UInt16, request: [UInt8]) {
            let begun = DispatchSemaphore(value: 0)
            Thread.detachNewThread { [self] in
                defer { done.signal() }
                let crowd = try? Crowd(count, port: port, first: request)
                begun.signal()
                while let crowd, !stops.load(ordering: .relaxed) {
                    answered.add(crowd.attend(answering: request), ordering: .relaxed)
                    usleep(500)
                }
            }
            begun.wait()
        }

        /// - Returns: How often somebody was answered.
        func stop() -> Int {
            stops.store(true, ordering: .relaxed)
            done.wait()
            return answered.load(ordering: .relaxed)
        }
    }

    // threats: MET-04, OPS-05
    @Test
    func `two thousand that ask without a pause keep nobody from being served`() throws {
        let booth = try Booth()
        try booth.warmUp()
        let request = TokenCall(key: try booth.makeKey().secret).bytes
        let memory = booth.residentKilobytes
        let customers = Customers(2_000, port: booth.publicPort, request: request)
        let areAllThere = eventually(seconds: 20) {
            ((try? booth.connections()) ?? 0) > 2_000 ? true : nil
        }
        #expect(areAllThere == true)
        let end = ContinuousClock.now + .seconds(8)
        var times: [Double] = []
        while ContinuousClock.now < end {
            for path in Latencies.pages {
                let start = ContinuousClock.now
                let connection = try booth.connect()
                connection.send(Booth.head("GET", path) + "\r\n")
                #expect(connection.response(seconds: 1)?.status == 200)
                times.append((ContinuousClock.now - start) / .milliseconds(1))
            }
            usleep(20_000)
        }
        let growth = booth.residentKilobytes - memory
        let answered = customers.stop()
        times.sort()
        let percentile = times.isEmpty ? .infinity : times[times.count * 99 / 100]
        let durations = booth.log.split(separator: "\n").compactMap(Self.duration)
        let late = durations.count { $0 > 50_000 }
        print(
            """
            overload: \(answered) answered; \(times.count) newcomers, p50/p99/max \
            \(times[times.count / 2])/\(percentile)/\(times.last ?? 0) ms; \(late) of \(durations.count) read and not \
            answered within 50 ms; \(growth) KiB more
            """
        )
        #expect(answered > 2_000 && percentile < 250)
        #expect(late * 1_000 <= durations.count)
        #expect(growth < 64 * 1_024)
        let isWellAgain = eventually(seconds: 5) {
            let start = ContinuousClock.now
            let status = try? booth.token(TokenCall(key: booth.rootKey)).status
            return status == 200 && ContinuousClock.now - start < .milliseconds(50) ? true : nil
        }
        #expect(isWellAgain == true)
        try AfterEachTest.check(booth)
    }

    // threats: OPS-05
    @Test
    func `two thousand that close their half at once are answered by turns`() throws {
        let booth = try Booth()
        let request = TokenCall(key: try booth.makeKey().secret).bytes
        let crowd = try Crowd(2_000, port: booth.publicPort, first: request)
        var asked = 2_000
        let end = ContinuousClock.now + .seconds(4)
        while ContinuousClock.now < end {
            asked += crowd.attend(answering: request)
            usleep(500)
        }
        crowd.finishSending()
        var slowest = 0.0
        let areGone: Bool? = eventually(seconds: 20) {
            let start = ContinuousClock.now
            let connection = try? booth.connect()
            connection?.send(Booth.head("GET", "/healthz") + "\r\n")
            guard connection?.response(seconds: 5)?.status == 200 else { return nil }
            slowest = max(slowest, (ContinuousClock.now - start) / .milliseconds(1))
            crowd.attend()
            return crowd.standing == 0 ? true : nil
        }
        print("overload: 2 000 leave, of \(asked) requests; the slowest newcomer \(slowest) ms")
        #expect(areGone == true, "\(crowd.standing)")
        #expect(slowest < 250)
        // Counted, not logged: the log may drop lines under such a load, and say so.
        let sample = "tokenbooth_http_requests_total{route=\"issueToken\",method=\"POST\",status=\"200\"}"
        let isEachAnswered: Bool? = try eventually(seconds: 5) {
            try booth.labelled(sample) >= asked ? true : nil
        }
        #expect(isEachAnswered == true)
        try AfterEachTest.check(booth)
    }

    /// Microseconds from the first byte of a request to its answer, of a line of the access log.
    private static func duration(_ line: Substring) -> Int? {
        guard let range = line.range(of: "\"duration_us\":") else { return nil }
        return Int(line[range.upperBound...].prefix { $0.isNumber })
    }
}
