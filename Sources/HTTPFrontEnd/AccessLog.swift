import AuthorizationServer
import NIOCore
import OAuth
import Primitives

/// How access-log lines look and where they go.
package struct AccessLogSink: Sendable {
    package enum Format: Sendable { case json, text }
    package let format: Format
    /// Takes whole lines and never blocks.
    package let write: @Sendable ([UInt8]) -> Void

    package init(format: Format, write: @escaping @Sendable ([UInt8]) -> Void) {
        self.format = format
        self.write = write
    }
}

/// One line for each request, gathered by its event loop and written by another thread.
///
/// It names the operation and not the path: in a path or a query a client may have put a secret. Of refusals without a
/// known client only so many a second are written, and how many were not: a flood of them does not fill a disk.
final class AccessLog {
    private let sink: AccessLogSink?
    private var lines: [UInt8] = []
    private var second: Int64 = .min
    private var timestamp: [UInt8] = []
    /// Lines about refused strangers in this second.
    private var strangers = 0
    private var leftOut: Int64 = 0

    /// Past this many bytes they are handed over at once.
    static let threshold = 16 * 1024
    /// Beyond it, so that the last line seldom makes the array grow.
    private static let margin = 1024
    /// For each event loop.
    static let strangersPerSecond = 100

    init(_ sink: AccessLogSink?) { self.sink = sink }

    struct Entry {
        let time: (seconds: Int64, nanoseconds: Int64)
        let requestID: [UInt8]
        let listener: Listener
        let method: String
        let operation: String
        let address: IPAddress?
        let status: Int
        let duration: TimeAmount
        let note: Answer.Note
    }

    func record(_ entry: Entry) {
        guard let sink else { return }
        if entry.time.seconds != second {
            second = entry.time.seconds
            timestamp = CivilTime(unixTime: second).timestamp
            strangers = 0
        }
        if entry.note.clientID == nil, (400..<500).contains(entry.status) {
            strangers += 1
            guard strangers <= Self.strangersPerSecond else {
                leftOut += 1
                return
            }
        }
        // Taken out and put back, so that what is appended is not checked each time for who else appends.
        var lines: [UInt8] = []
        swap(&lines, &self.lines)
        if lines.isEmpty { lines.reserveCapacity(Self.threshold + Self.margin) }
        switch sink.format {
        case .json: appendJSON(entry, to: &lines)
        case .text: appendText(entry, to: &lines)
        }
        swap(&lines, &self.lines)
        if self.lines.count >= Self.threshold { handOver() }
    }

    /// Gives what was gathered to the writer.
    func handOver() {
        guard let sink else { return }
        if leftOut > 0 { appendLeftOut(sink.format) }
        guard !lines.isEmpty else { return }
        sink.write(lines)
        lines = []
    }

    private func appendTime(_ nanoseconds: Int64, to lines: inout [UInt8]) {
        lines += timestamp
        lines.append(ascii: ".")
        CivilTime.append(nanoseconds / 1_000_000, width: 3, to: &lines)
        lines.append(ascii: "Z")
    }

    private func appendLeftOut(_ format: AccessLogSink.Format) {
        switch format {
        case .json:
            lines.append(ascii: "{\"time\":\"")
            appendTime(999_000_000, to: &lines)
            lines.append(ascii: "\",\"level\":\"info\",\"message\":\"refusals not logged\",\"count\":")
            JSONText.appendInteger(leftOut, to: &lines)
            lines.append(ascii: "}\n")
        case .text:
            appendTime(999_000_000, to: &lines)
            lines.append(utf8: " info refusals not logged count=\(leftOut)\n")
        }
        leftOut = 0
    }

    private func appendJSON(_ entry: Entry, to lines: inout [UInt8]) {
        lines.append(ascii: "{\"time\":\"")
        appendTime(entry.time.nanoseconds, to: &lines)
        lines.append(ascii: "\",\"level\":\"info\",\"message\":\"request\",\"request_id\":\"")
        lines += entry.requestID
        lines.append(ascii: "\",\"listener\":\"")
        lines.append(utf8: entry.listener.rawValue)
        // Methods and operations have names of ours, without anything to escape.
        lines.append(ascii: "\",\"method\":\"")
        lines.append(utf8: entry.method)
        lines.append(ascii: "\",\"operation\":\"")
        lines.append(utf8: entry.operation)
        lines.append(ascii: "\",\"status\":")
        JSONText.appendInteger(Int64(entry.status), to: &lines)
        lines.append(ascii: ",\"duration_us\":")
        JSONText.appendInteger(entry.duration.nanoseconds / 1_000, to: &lines)
        if let address = entry.address {
            lines.append(ascii: ",\"address\":\"")
            address.append(to: &lines)
            lines.append(UInt8(ascii: "\""))
        }
        if let client = entry.note.clientID {
            lines.append(ascii: ",\"client_id\":\"")
            client.append(to: &lines)
            lines.append(UInt8(ascii: "\""))
        }
        Self.appendMember("error", entry.note.error, to: &lines)
        Self.appendMember("detail", entry.note.detail, to: &lines)
        lines.append(ascii: "}\n")
    }

    private static func appendMember(_ name: StaticString, _ value: String?, to lines: inout [UInt8]) {
        guard let value else { return }
        lines.append(ascii: ",\"")
        lines.append(ascii: name)
        lines.append(ascii: "\":")
        JSONText.appendString(value, to: &lines)
    }

    private func appendText(_ entry: Entry, to lines: inout [UInt8]) {
        appendTime(entry.time.nanoseconds, to: &lines)
        lines.append(ascii: " info request ")
        lines.append(utf8: "\(entry.operation) \(entry.status) \(entry.duration.nanoseconds / 1_000)us")
        if let address = entry.address { lines.append(utf8: " address=\(address.text)") }
        if let client = entry.note.clientID { lines.append(utf8: " client_id=\(client)") }
        if let error = entry.note.error { lines.append(utf8: " error=\(error)") }
        if let detail = entry.note.detail {
            lines.append(ascii: " detail=")
            JSONText.appendString(detail, to: &lines)
        }
        lines.append(ascii: " request_id=")
        lines += entry.requestID
        lines.append(ascii: "\n")
    }
}
