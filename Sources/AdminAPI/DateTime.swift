package import OAuth

extension NumericDate {
    /// Reads a date-time of RFC 3339 §5.6, with any offset.
    ///
    /// A fraction of a second is dropped, and the 60th second of a leap second is refused: this clock has
    /// neither. The result lies between the years -1 and 10000; nothing overflows.
    package init?(rfc3339 text: String) {
        var reader = DateTimeReader(bytes: Array(text.utf8))
        guard let year = reader.digits(4), reader.skip("-"),
            let month = reader.digits(2), (1...12).contains(month), reader.skip("-"),
            let day = reader.digits(2), (1...Calendar.days(in: month, of: year)).contains(day),
            reader.skip("T") || reader.skip("t"),
            let hour = reader.digits(2), hour < 24, reader.skip(":"),
            let minute = reader.digits(2), minute < 60, reader.skip(":"),
            let second = reader.digits(2), second < 60, reader.skipFraction(),
            let offset = reader.offset(), reader.isAtEnd
        else { return nil }
        self.init(Calendar.days(to: year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset)
    }

    /// This date in UTC, as `2030-01-31T12:00:00Z` (RFC 3339 §5.6).
    ///
    /// Before the year 0 and after the year 9999, which that form cannot say, the nearest date that it can.
    package var rfc3339: String {
        let seconds = min(max(seconds, -62_167_219_200), 253_402_300_799)
        let dayNumber = seconds >= 0 ? seconds / 86_400 : (seconds + 1) / 86_400 - 1
        let (year, month, day) = Calendar.date(ofDay: dayNumber)
        let time = seconds - dayNumber * 86_400
        func padded(_ value: Int64, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T"
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

/// The Gregorian calendar for the years 0 to 9999, in eras of 400 years that begin on 1 March.
private enum Calendar {
    static func days(in month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from 1970-01-01.
    static func days(to year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        // Shifted by one era, so that January of the year 0 is not negative.
        let shifted = (month <= 2 ? year - 1 : year) + 400
        let monthFromMarch = (month + 9) % 12
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468 - 146_097
    }

    static func date(ofDay number: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = number + 719_468 + 146_097
        let (era, dayOfEra) = (shifted / 146_097, shifted % 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 - 400 + (month <= 2 ? 1 : 0), month, day)
    }
}
