package import OAuth
import Primitives

extension NumericDate {
    /// Reads a date-time of RFC 3339 §5.6, with any offset.
    ///
    /// A fraction of a second is dropped, and the 60th second of a leap second is refused: this clock has
    /// neither. The result lies between the years -1 and 10000; nothing overflows.
    package init?(rfc3339 text: String) {
        var reader = DateTimeReader(bytes: Array(text.utf8))
        guard let year = reader.digits(4), reader.skip("-"),
            let month = reader.digits(2), reader.skip("-"),
            let day = reader.digits(2), let date = CivilDate(year: year, month: month, day: day),
            reader.skip("T") || reader.skip("t"),
            let hour = reader.digits(2), hour < 24, reader.skip(":"),
            let minute = reader.digits(2), minute < 60, reader.skip(":"),
            let second = reader.digits(2), second < 60, reader.skipFraction(),
            let offset = reader.offset(), reader.isAtEnd
        else { return nil }
        self.init(date.dayNumber * 86_400 + hour * 3600 + minute * 60 + second - offset)
    }

    /// This date in UTC, as `2030-01-31T12:00:00Z` (RFC 3339 §5.6).
    ///
    /// Before the year 0 and after the year 9999, which that form cannot say, the nearest date that it can.
    package var rfc3339: String {
        let seconds = min(max(seconds, -62_167_219_200), 253_402_300_799)
        let (dayNumber, time) = CivilDate.split(unixTime: seconds)
        let date = CivilDate(dayNumber: dayNumber)
        func padded(_ value: Int64, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))T"
            + "\(padded(time / 3600, 2)):\(padded(time / 60 % 60, 2)):\(padded(time % 60, 2))Z"
    }
}

private struct DateTimeReader {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func digits(_ count: Int) -> Int64? {
        guard bytes.count - position >= count else { return nil }
        var value: Int64 = 0
        for byte in bytes[position..<position + count] {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        position += count
        return value
    }

    /// - Returns: Whether there is no fraction, or a whole one.
    mutating func skipFraction() -> Bool {
        guard skip(".") else { return true }
        let start = position
        while digits(1) != nil {}
        return position > start
    }

    /// Seconds east of UTC.
    mutating func offset() -> Int64? {
        if skip("Z") || skip("z") { return 0 }
        let isWest = skip("-")
        guard isWest || skip("+"), let hours = digits(2), hours < 24, skip(":"), let minutes = digits(2),
            minutes < 60
        else { return nil }
        return (hours * 3600 + minutes * 60) * (isWest ? -1 : 1)
    }
}
