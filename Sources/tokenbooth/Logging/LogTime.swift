#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Times as logs and tables show them: RFC 3339, UTC.
enum LogTime {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    static func now() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) &* 1000 &+ Int64(time.tv_nsec) / 1_000_000
    }

    /// Appends `2026-11-21T08:14:25.123Z`; years outside 0 to 9999 are held at the ends of that range.
    ///
    /// - Parameter milliseconds: Since 1970-01-01T00:00:00Z.
    static func append(_ milliseconds: Int64, to output: inout [UInt8]) {
        let clamped = min(max(milliseconds, -62_167_219_200_000), 253_402_300_799_999)
        let (seconds, rest) = floorDivide(clamped, 1000)
        appendDate(seconds, to: &output)
        output.append(UInt8(ascii: "."))
        appendDigits(rest, width: 3, to: &output)
        output.append(UInt8(ascii: "Z"))
    }

    /// `2026-11-21T08:14:25Z`.
    ///
    /// - Parameter seconds: Since 1970-01-01T00:00:00Z.
    static func text(seconds: Int64) -> String {
        var output: [UInt8] = []
        appendDate(min(max(seconds, -62_167_219_200), 253_402_300_799), to: &output)
        output.append(UInt8(ascii: "Z"))
        return String(decoding: output, as: UTF8.self)
    }

    private static func appendDate(_ seconds: Int64, to output: inout [UInt8]) {
        let (days, time) = floorDivide(seconds, 86400)
        // The civil calendar from a count of days, in eras of 400 years that begin in March.
        let (era, dayOfEra) = floorDivide(days + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        appendDigits(year, width: 4, to: &output)
        output.append(UInt8(ascii: "-"))
        appendDigits(month, width: 2, to: &output)
        output.append(UInt8(ascii: "-"))
        appendDigits(dayOfYear - (153 * marchMonth + 2) / 5 + 1, width: 2, to: &output)
        output.append(UInt8(ascii: "T"))
        appendDigits(time / 3600, width: 2, to: &output)
        output.append(UInt8(ascii: ":"))
        appendDigits(time / 60 % 60, width: 2, to: &output)
        output.append(UInt8(ascii: ":"))
        appendDigits(time % 60, width: 2, to: &output)
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    private static func appendDigits(_ value: Int64, width: Int, to output: inout [UInt8]) {
        let start = output.count
        var rest = value
        for _ in 0..<width {
            output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        }
        output[start...].reverse()
    }
}
