import Logging

/// One event of the log, before it is bytes.
struct LogLine {
    let level: Logger.Level
    let message: String
    /// In the order of the line.
    let metadata: [(String, Logger.MetadataValue)]
    /// Milliseconds since 1970.
    let time: Int64

    /// One line with its line feed and no other control character.
    func bytes(_ format: LogSettings.Format, isColoured: Bool) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(256)
        switch format {
        case .json: appendJSON(to: &output)
        case .text: appendText(isColoured: isColoured, to: &output)
        }
        output.append(UInt8(ascii: "\n"))
        return output
    }

    private static let reservedNames = ["time", "level", "message"]

    /// Nested metadata deeper than this is shown as text.
    private static let maximumDepth = 4

    private func appendJSON(to output: inout [UInt8]) {
        output.append(contentsOf: #"{"time":""#.utf8)
        LogTime.append(time, to: &output)
        output.append(contentsOf: #"","level":""#.utf8)
        output.append(contentsOf: level.rawValue.utf8)
        output.append(contentsOf: #"","message":"#.utf8)
        TextEscaping.appendQuoted(message, to: &output)
        for (name, value) in metadata {
            output.append(UInt8(ascii: ","))
            TextEscaping.appendQuoted(
                Self.reservedNames.contains(name) ? "metadata_" + name : name,
                to: &output
            )
            output.append(UInt8(ascii: ":"))
            Self.appendJSON(value, depth: 0, to: &output)
        }
        output.append(UInt8(ascii: "}"))
    }

    private static func appendJSON(_ value: Logger.MetadataValue, depth: Int, to output: inout [UInt8]) {
        switch value {
        case .string(let text): TextEscaping.appendQuoted(text, to: &output)
        case .stringConvertible(let number as any FixedWidthInteger):
            output.append(contentsOf: String(describing: number).utf8)
        case .stringConvertible(let bool as Bool): output.append(contentsOf: (bool ? "true" : "false").utf8)
        case .stringConvertible(let other): TextEscaping.appendQuoted(other.description, to: &output)
        case .array(let values) where depth < maximumDepth:
            output.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                appendJSON(value, depth: depth + 1, to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .dictionary(let members) where depth < maximumDepth:
            output.append(UInt8(ascii: "{"))
            for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                TextEscaping.appendQuoted(member.key, to: &output)
                output.append(UInt8(ascii: ":"))
                appendJSON(member.value, depth: depth + 1, to: &output)
            }
            output.append(UInt8(ascii: "}"))
        case .array, .dictionary: TextEscaping.appendQuoted(value.description, to: &output)
        }
    }

    private func appendText(isColoured: Bool, to output: inout [UInt8]) {
        LogTime.append(time, to: &output)
        output.append(UInt8(ascii: " "))
        if isColoured { output.append(contentsOf: Self.colour(of: level).utf8) }
        output.append(contentsOf: level.rawValue.utf8)
        if isColoured { output.append(contentsOf: "\u{1B}[0m".utf8) }
        for _ in level.rawValue.utf8.count..<9 { output.append(UInt8(ascii: " ")) }
        TextEscaping.appendPlain(message, to: &output)
        for (name, value) in metadata {
            output.append(UInt8(ascii: " "))
            TextEscaping.appendPlain(name, to: &output)
            output.append(UInt8(ascii: "="))
            let text = value.description
            let isPlain =
                !text.isEmpty
                && text.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=") }
            if isPlain {
                TextEscaping.appendPlain(text, to: &output)
            } else {
                TextEscaping.appendQuoted(text, to: &output)
            }
        }
    }

    private static func colour(of level: Logger.Level) -> String {
        switch level {
        case .trace, .debug: "\u{1B}[2m"
        case .info, .notice: "\u{1B}[32m"
        case .warning: "\u{1B}[33m"
        case .error, .critical: "\u{1B}[31m"
        }
    }
}
