import Foundation
import Glibc
import Testing

/// Ten thousand clients that mean no good: only with TOKENBOOTH_SLOW_TESTS=1.
///
/// One crowd after the other: together they would want more descriptors than a process has.
@Suite(
    "Slow: crowds",
    .serialized,
    .enabled(if: ProcessInfo.processInfo.environment["TOKENBOOTH_SLOW_TESTS"] == "1")
)
struct Crowds {
    /// A client that means well, while others do not: a request on a new connection and one on an old in turn.
    private final class GoodClient {
        private let booth: Booth
        private let request: [UInt8]
        private var kept: RawConnection
        private var times: [Double] = []
        private let begun = ContinuousClock.now
        /// In seconds; when it was asked counts from the beginning.
        private var slowest = (time: 0.0, asked: 0.0)

        init(_ booth: Booth) throws {
            self.booth = booth
            request = TokenCall(key: try booth.makeKey().secret).bytes
            kept = try booth.connect()
        }

        func ask() throws {
            let isKept = times.count.isMultiple(of: 2)
            let start = ContinuousClock.now
            let connection = isKept ? kept : try booth.connect()
            connection.send(request)
            #expect(connection.response()?.status == 200)
            let time = (ContinuousClock.now - start) / .seconds(1)
            if time > slowest.time { slowest = (time, (start - begun) / .seconds(1)) }
            times.append(time)
        }

        /// At least 1 % of the requests took as long as this, in seconds.
        func summary(_ what: String) -> Double {
            let sorted = times.sorted()
            guard !sorted.isEmpty else { return .infinity }
            let percentile = sorted[sorted.count * 99 / 100]
            let text = [sorted[sorted.count / 2], percentile, slowest.time]
                .map { String(format: "%.2f", $0 * 1_000) }.joined(separator: "/")
            let asked = String(format: "%.1f", slowest.asked)
            print(
                "\(what): \(sorted.count) good requests, p50/p99/max \(text) ms, the slowest after \(asked) s"
            )
            return percentile
        }
    }

    /// - Parameter seconds: The crowd has to be gone by then.
    private func stand(_ crowd: Crowd, beside client: GoodClient, seconds: Double, trickling: Bool) throws {
        let end = ContinuousClock.now + .seconds(seconds)
        var attended = ContinuousClock.now
        while crowd.standing > 0, ContinuousClock.now < end {
            try client.ask()
            if ContinuousClock.now - attended > .milliseconds(50) {
                if trickling { crowd.trickle([UInt8(ascii: "a")], to: 400) }
                crowd.attend()
                attended = .now
            }
            usleep(2_000)
        }
    }

    // threats: HTP-09, HTP-10
    @Test(
        arguments: [
            ("headers", "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: "),
            ("bodies", "POST /oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"),
        ])
    func `ten thousand clients that trickle are gone after ten seconds and a good one is not kept waiting`(
        what: String,
        first: String
    ) throws {
        let booth = try Booth()
        try booth.warmUp()
        let (before, client) = (booth.descriptors, try GoodClient(booth))
        let size = Crowd.size(wanted: 10_000)
        let crowd = try Crowd(size, port: booth.publicPort, first: Array(first.utf8))
        try stand(crowd, beside: client, seconds: 20, trickling: true)
        #expect(crowd.standing == 0)
        #expect(client.summary("\(size) slow \(what)") <= 0.050)
        let times = crowd.endings.sorted()
        // A tick late, and a second for the answer to be read and both sides to be closed.
        #expect(
            (9.5...12).contains(times[size / 2]) && (times.last ?? 0) <= 14,
            "\(times[size / 2]), \(times.last ?? 0)"
        )
        #expect(crowd.received > size * 100, "every one is told 408")
        #expect(eventually(seconds: 10) { booth.descriptors <= before + 12 ? true : nil } == true)
        try AfterEachTest.check(booth)
    }

    /// Those that have sent their last are read to the end, whatever stands in line.
    // threats: HTP-11
    @Test(arguments: [("slow readers", 10_000, false), ("half-closed readers", 1_000, true)])
    func `five hundred clients that read nothing are gone after a minute, in bounded memory`(
        what: String,
        requests: Int,
        finishing: Bool
    ) throws {
        let booth = try Booth()
        try booth.warmUp()
        let (before, memory, client) = (booth.descriptors, booth.residentKilobytes, try GoodClient(booth))
        let size = Crowd.size(wanted: 500)
        let first = String(repeating: Booth.head("GET", "/oauth2/jwks") + "\r\n", count: requests)
        let start = ContinuousClock.now
        let crowd = try Crowd(size, port: booth.publicPort, first: Array(first.utf8), receiveBuffer: 1_024)
        if finishing { crowd.finishSending() }
        // Until they are full they are customers like any other, who ask for a million answers.
        var spent = 0.0
        let isFull = eventually(seconds: 30) {
            let before = spent
            usleep(250_000)
            spent = booth.processorSeconds
            return spent - before < 0.05 ? true : nil
        }
        let connections = try #require(try booth.connections())
        #expect(isFull == true && connections >= size, "\(connections)")
        var most = 0
        while booth.descriptors > before + size / 2, ContinuousClock.now - start < .seconds(90) {
            for _ in 0..<50 {
                try client.ask()
                usleep(2_000)
            }
            most = max(most, booth.residentKilobytes)
        }
        let time = (ContinuousClock.now - start) / .seconds(1)
        #expect((55..<85).contains(time), "\(time)")
        #expect(eventually(seconds: 10) { booth.descriptors <= before + 12 ? true : nil } == true)
        print("\(size) \(what): \((most - memory) / size) KiB each")
        #expect(most - memory < size * 256)
        #expect(client.summary("\(size) \(what)") <= 0.050)
        let isGone = eventually(seconds: 10) {
            crowd.attend(isReading: false)
            return crowd.standing == 0 ? true : nil
        }
        #expect(isGone == true, "\(crowd.standing)")
        try AfterEachTest.check(booth)
    }

    // threats: HTP-14
    @Test
    func `a hundred thousand connections that are reset at any moment leave no trace`() throws {
        let booth = try Booth()
        try booth.warmUp()
        let requests = TokenCall(key: booth.rootKey).bytes + Array((Booth.head("GET", "/docs") + "\r\n").utf8)
        var random = SystemRandomNumberGenerator()
        func resets(_ count: Int) throws {
            for _ in 0..<count {
                let connection = try RawConnection(port: booth.publicPort)
                connection.send(Array(requests.prefix(.random(in: 0...requests.count, using: &random))))
                switch UInt8.random(in: 0..<4, using: &random) {
                case 0: usleep(.random(in: 1...300, using: &random))
                case 1: _ = connection.response(seconds: 0)
                default: break
                }
                connection.reset()
            }
        }
        try resets(20_000)
        #expect(eventually(seconds: 10) { (try? booth.connections()) == 1 ? true : nil } == true)
        let (descriptors, memory) = (booth.descriptors, booth.residentKilobytes)
        let start = ContinuousClock.now
        try resets(100_000)
        let time = (ContinuousClock.now - start) / .seconds(1)
        #expect(eventually(seconds: 10) { (try? booth.connections()) == 1 ? true : nil } == true)
        #expect(eventually(seconds: 10) { booth.descriptors <= descriptors ? true : nil } == true)
        let growth = booth.residentKilobytes - memory
        print("100 000 resets in \(time) s: \(growth) KiB more")
        #expect(growth < 24 * 1_024, "\(growth) KiB")
        try AfterEachTest.check(booth)
    }
}
