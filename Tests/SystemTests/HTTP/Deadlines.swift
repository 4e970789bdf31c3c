import Foundation
import Glibc
import Testing

/// Rows that take as long as the deadlines that they test: only with TOKENBOOTH_SLOW_TESTS=1.
@Suite(
    "Slow: deadlines and many connections",
    .booth,
    .enabled(if: ProcessInfo.processInfo.environment["TOKENBOOTH_SLOW_TESTS"] == "1")
)
struct Deadlines {
    private func seconds(_ body: () throws -> Void) rethrows -> Double {
        let start = ContinuousClock.now
        try body()
        return (ContinuousClock.now - start) / .seconds(1)
    }

    // threats: HTP-09
    @Test
    func `a header section that trickles ends after ten seconds with 408`() throws {
        let booth = try Booth.current
        let connection = try booth.connect()
        var answer: HTTPResponse?
        let time = seconds {
            for byte in Array("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: aaaaaaaaaaaaaaaa".utf8) {
                guard connection.send([byte]) == 1, !connection.hasInput else { break }
                usleep(400_000)
            }
            answer = connection.response()
        }
        #expect(answer?.status == 408)
        #expect((9.5...12).contains(time), "\(time)")
        #expect(connection.endsWithin(seconds: 2))
        let id = try #require(answer?["x-request-id"])
        let line = try #require(booth.logLine(request: id))
        #expect((9_500_000...12_000_000).contains(line["duration_us"]?.integer ?? 0))
    }

    // threats: HTP-10
    @Test
    func `a body that trickles ends after ten seconds with 408`() throws {
        let connection = try Booth.current.connect()
        connection.send(Booth.head("POST", "/oauth2/token", ["Content-Length: 1000"]) + "\r\n")
        let time = seconds {
            while connection.send([UInt8(ascii: "a")]) == 1, !connection.hasInput { usleep(400_000) }
            #expect(connection.response()?.status == 408)
        }
        #expect((9.5...12).contains(time), "\(time)")
    }

    /// Its memory is measured, so its booth serves nobody else. The pages are a gigabyte.
    // threats: HTP-11
    @Test(arguments: ["/oauth2/jwks", "/docs"])
    func `a client that reads nothing is closed and costs no memory`(path: String) throws {
        let booth = try Booth()
        try booth.warmUp()
        let connection = try booth.connect(receiveBuffer: 1024)
        let before = booth.residentKilobytes
        let requests = String(repeating: Booth.head("GET", path) + "\r\n", count: 10_000)
        let time = seconds {
            connection.send(Array(requests.utf8), seconds: 5, isReading: false)
            #expect(connection.isHungUp(within: 75))
        }
        #expect((55..<70).contains(time), "\(time)")
        let growth = booth.residentKilobytes - before
        #expect(growth < 16 * 1024, "\(growth) KiB")
        try AfterEachTest.check(booth)
    }

    // threats: HTP-09
    @Test
    func `an idle connection is closed after a minute`() throws {
        let booth = try Booth.current
        let (silent, used) = (try booth.connect(), try booth.connect())
        used.send(Booth.head("GET", "/healthz") + "\r\n")
        #expect(used.response()?.status == 200)
        let late = try lateReader(booth, sending: "")
        let time = seconds {
            #expect(
                silent.endsWithin(seconds: 65) && used.endsWithin(seconds: 5) && late.endsWithin(seconds: 5)
            )
        }
        #expect((55...65).contains(time), "\(time)")
    }

    // threats: HTP-10, HTP-11
    @Test
    func `a client that was slow to read has no more time for its next body than another`() throws {
        let half = Booth.head("POST", "/oauth2/token", ["Content-Length: 1000"]) + "\r\na"
        let connection = try lateReader(try Booth.current, sending: half)
        let time = seconds { #expect(connection.response(seconds: 15)?.status == 408) }
        #expect((8...12).contains(time), "\(time)")
    }

    /// One that lets its answers wait until nothing more is written, and then reads them all.
    private func lateReader(_ booth: Booth, sending last: String) throws -> RawConnection {
        let connection = try booth.connect(receiveBuffer: 4096)
        connection.send(String(repeating: Booth.head("GET", "/docs") + "\r\n", count: 40) + last)
        usleep(500_000)
        for index in 0..<40 { #expect(connection.response()?.status == 200, "answer \(index)") }
        return connection
    }

    // threats: HTP-13
    @Test
    func `the limit of connections holds, and the server recovers from it`() throws {
        let booth = try Booth(configuration: "max_connections: 50\n")
        var connections: [RawConnection] = []
        for _ in 0..<200 { connections.append(try RawConnection(port: booth.publicPort)) }
        let waiting = try booth.connect()
        waiting.send(Booth.head("GET", "/healthz") + "\r\n")
        #expect(waiting.response(seconds: 1) == nil)
        connections.removeAll()
        #expect(waiting.response(seconds: 5)?.status == 200)
        try AfterEachTest.check(booth)
    }
}
