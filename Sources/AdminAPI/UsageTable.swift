import OAuth
import Primitives

/// Usage as comma-separated values (RFC 4180) that no spreadsheet takes for formulas.
package struct UsageTable: Sendable {
    /// Columns `denied_…`, one for each reason.
    package let reasons: [String]

    package init(reasons: [String]) { self.reasons = reasons }

    package var header: [UInt8] {
        Self.line(
            ["day", "key", "name", "project", "exchanges", "refreshes", "denied"]
                + reasons.map { "denied_\($0)" }
        )
    }

    /// One line, ended by CRLF.
    package func row(_ usage: UsageMessage) -> [UInt8] {
        let counts = reasons.map { reason in
            usage.denied.first { bytesEqual($0.reason, reason) }?.count ?? 0
        }
        let total = usage.denied.reduce(Int64(0)) { $0 &+ $1.count }
        return Self.line(
            [usage.day.dayText, usage.key.description, usage.name, usage.project.description]
                + ([usage.exchanges, usage.refreshes, total] + counts).map { String($0) }
        )
    }

    private static func line(_ cells: [String]) -> [UInt8] {
        Array(cells.map(cell).joined(separator: [UInt8(ascii: ",")])) + [0x0D, 0x0A]
    }

    /// With what a spreadsheet takes a cell for something to calculate; the last four are full-width forms of the
    /// first four, which some take for these.
    private static let formulaBeginnings: [Unicode.Scalar] = [
        "=", "+", "-", "@", "\t", "\r", "\n", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}",
    ]

    /// A cell that a spreadsheet would calculate gets an apostrophe, which makes it text.
    ///
    /// That goes by the first scalar: a combining mark after it changes nothing for the spreadsheet.
    package static func cell(_ text: String) -> [UInt8] {
        var bytes = Array(text.utf8)
        if let first = text.unicodeScalars.first, formulaBeginnings.contains(first) {
            bytes.insert(UInt8(ascii: "'"), at: 0)
        }
        let special: [UInt8] = [
            UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: ";"), UInt8(ascii: "'"), 0x09, 0x0A, 0x0D,
        ]
        guard bytes.contains(where: special.contains) else { return bytes }
        let quote = UInt8(ascii: "\"")
        return [quote] + bytes.flatMap { $0 == quote ? [quote, quote] : [$0] } + [quote]
    }
}
