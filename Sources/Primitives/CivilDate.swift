/// A day of the Gregorian calendar in the years 0 to 9999, also before it was introduced (RFC 3339 §5.6).
///
/// Reckoned in eras of 400 years that begin on 1 March, so that a leap day is the last of its year.
package struct CivilDate: Sendable, Equatable {
    package let year: Int64
    /// 1 to 12.
    package let month: Int64
    /// 1 to 31.
    package let day: Int64

    private static let daysPerEra: Int64 = 146_097
    /// From 1 March of the year -400, an era early lest January of the year 0 be negative.
    private static let daysTo1970: Int64 = 719_468 + daysPerEra

    /// - Returns: `nil` for what is no day of those years.
    package init?(year: Int64, month: Int64, day: Int64) {
        guard (0...9999).contains(year), (1...12).contains(month),
            (1...Self.days(in: month, of: year)).contains(day)
        else { return nil }
        self.year = year
        self.month = month
        self.day = day
    }

    /// - Parameter dayNumber: Days since 1970-01-01; beyond those years their first or last day is meant.
    package init(dayNumber: Int64) {
        let days = min(max(dayNumber, -719_528), 2_932_896) + Self.daysTo1970
        let (era, dayOfEra) = days.quotientAndRemainder(dividingBy: Self.daysPerEra)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 - 400 + (month <= 2 ? 1 : 0)
    }

    /// Days since 1970-01-01.
    package var dayNumber: Int64 {
        let shifted = (month <= 2 ? year - 1 : year) + 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - Self.daysTo1970
    }

    /// The day in which a Unix time lies, since 1970-01-01, and the second of that day.
    package static func split(unixTime: Int64) -> (dayNumber: Int64, second: Int64) {
        let (days, rest) = unixTime.quotientAndRemainder(dividingBy: 86_400)
        return rest < 0 ? (days - 1, rest + 86_400) : (days, rest)
    }

    private static func days(in month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
