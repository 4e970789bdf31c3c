/// A length of time as people write it: `90d`, `12h`, `30m`, `45s`, `2w`.
package struct TimeSpan: Sendable, Comparable {
    package let seconds: Int64

    package static func < (left: TimeSpan, right: TimeSpan) -> Bool { left.seconds < right.seconds }

    package init(seconds: Int64) { self.seconds = seconds }

    /// - Returns: `nil` unless `text` is a positive whole number and one unit, at most 100 years.
    package init?(parsing text: String) {
        let bytes = Array(text.utf8)
        guard let unit = bytes.last, (2...11).contains(bytes.count) else { return nil }
        let factor: Int64
        switch unit {
        case UInt8(ascii: "s"): factor = 1
        case UInt8(ascii: "m"): factor = 60
        case UInt8(ascii: "h"): factor = 3600
        case UInt8(ascii: "d"): factor = 86400
        case UInt8(ascii: "w"): factor = 604_800
        default: return nil
        }
        var value: Int64 = 0
        for digit in bytes.dropLast() {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int64(digit - UInt8(ascii: "0"))
        }
        guard value > 0, value * factor <= 100 * 366 * 86400 else { return nil }
        seconds = value * factor
    }

    /// As it is written, in the largest unit that leaves nothing over: `90d`.
    package var text: String {
        let units: [(String, Int64)] = [("w", 604_800), ("d", 86400), ("h", 3600), ("m", 60)]
        guard let (unit, size) = units.first(where: { seconds % $0.1 == 0 && seconds > 0 }) else {
            return "\(seconds)s"
        }
        return "\(seconds / size)\(unit)"
    }

    /// In words, to the two largest units: `2 days 3 hours`.
    package var words: String {
        var rest = seconds.magnitude
        var parts: [String] = []
        for (name, size) in [("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)]
            as [(String, UInt64)]
        {
            let count = rest / size
            rest %= size
            if count > 0 { parts.append("\(count) \(name)\(count == 1 ? "" : "s")") }
        }
        return parts.isEmpty ? "0 seconds" : parts.prefix(2).joined(separator: " ")
    }
}
