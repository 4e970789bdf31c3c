import AdminAPI
import OAuth

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Times as logs show them: RFC 3339 with milliseconds, UTC.
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
        let (quotient, remainder) = clamped.quotientAndRemainder(dividingBy: 1000)
        let (seconds, rest) = remainder < 0 ? (quotient - 1, remainder + 1000) : (quotient, remainder)
        output += NumericDate(seconds).rfc3339.utf8.dropLast()
        output.append(UInt8(ascii: "."))
        output += String(1000 + rest).utf8.dropFirst()
        output.append(UInt8(ascii: "Z"))
    }
}
