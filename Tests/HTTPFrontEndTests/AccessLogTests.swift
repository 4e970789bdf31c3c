import NIOCore
import Primitives
import Synchronization
import Testing

@testable import HTTPFrontEnd

@Suite("The lines of the access log on their way to the writer")
struct AccessLogTests {
    private final class Written: Sendable {
        let pieces = Mutex<[[UInt8]]>([])
        var sizes: [Int] { pieces.withLock { $0.map(\.count) } }
        var lines: Int { pieces.withLock { $0.joined().count { $0 == UInt8(ascii: "\n") } } }
    }

    private static let entry = AccessLog.Entry(
        time: (1_700_000_000, 0),
        requestID: Array("0123456789abcdef".utf8),
        listener: .public,
        method: "GET",
        operation: "getHealth",
        address: nil,
        status: 200,
        duration: .microseconds(10),
        note: .init()
    )

    // Between two ticks of the clock a busy loop logs more than the writer takes at once.
    // threats: LOG-04
    @Test(arguments: [AccessLogSink.Format.json, .text])
    func `a busy event loop hands its lines over in small pieces, without waiting for the clock`(
        _ format: AccessLogSink.Format
    ) {
        let written = Written()
        let log = AccessLog(
            AccessLogSink(format: format) { lines in written.pieces.withLock { $0.append(lines) } }
        )
        for _ in 0..<10_000 { log.record(Self.entry) }
        #expect(written.sizes.allSatisfy { (AccessLog.threshold..<AccessLog.threshold + 1_000).contains($0) })
        #expect(written.lines > 9_500)
        log.handOver()
        #expect(written.lines == 10_000)
    }

    @Test
    func `what is little waits for the clock, and nothing is handed over twice`() {
        let written = Written()
        let log = AccessLog(
            AccessLogSink(format: .json) { lines in written.pieces.withLock { $0.append(lines) } }
        )
        log.record(Self.entry)
        #expect(written.sizes.isEmpty)
        for _ in 0..<2 { log.handOver() }
        #expect(written.sizes.count == 1 && written.lines == 1)
    }
}
