import Primitives

/// A moment split into calendar fields, for the two ways that a protocol writes it.
struct CivilTime {
    let year: Int64
    let month: Int64
    let day: Int64
    let hour: Int64
    let minute: Int64
    let second: Int64
    /// 0 is Sunday.
    let weekday: Int

    /// - Parameter unixTime: Held at the ends of the years 0 to 9999, which both forms can write. The days are
    ///   counted in eras of 400 years that begin in March.
    init(unixTime: Int64) {
        let seconds = min(max(unixTime, -62_167_219_200), 253_402_300_799)
        let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let rest = seconds - days * 86_400
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        hour = rest / 3_600
        minute = rest / 60 % 60
        second = rest % 60
        weekday = Int(((days + 4) % 7 + 7) % 7)
    }

    private static let weekdays: [StaticString] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months: [StaticString] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7).
    var httpDate: [UInt8] {
        var text: [UInt8] = []
        text.append(ascii: Self.weekdays[weekday])
        text.append(ascii: ", ")
        Self.append(day, width: 2, to: &text)
        text.append(ascii: " ")
        text.append(ascii: Self.months[Int(month) - 1])
        text.append(ascii: " ")
        Self.append(year, width: 4, to: &text)
        text.append(ascii: " ")
        appendTime(to: &text)
        text.append(ascii: " GMT")
        return text
    }

    /// `1994-11-06T08:49:37`, to which a log adds its fraction and `Z` (RFC 3339 §5.6).
    var timestamp: [UInt8] {
        var text: [UInt8] = []
        Self.append(year, width: 4, to: &text)
        text.append(ascii: "-")
        Self.append(month, width: 2, to: &text)
        text.append(ascii: "-")
        Self.append(day, width: 2, to: &text)
        text.append(ascii: "T")
        appendTime(to: &text)
        return text
    }

    private func appendTime(to text: inout [UInt8]) {
        Self.append(hour, width: 2, to: &text)
        text.append(ascii: ":")
        Self.append(minute, width: 2, to: &text)
        text.append(ascii: ":")
        Self.append(second, width: 2, to: &text)
    }

    /// The last `width` digits of a number, with leading zeros.
    static func append(_ number: Int64, width: Int, to text: inout [UInt8]) {
        var divisor: Int64 = 1
        for _ in 1..<max(1, width) { divisor *= 10 }
        while divisor > 0 {
            text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
            divisor /= 10
        }
    }
}
