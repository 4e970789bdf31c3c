package import OAuth

/// A day of UTC, counted from 1970-01-01.
package struct UsageDay: Sendable, Hashable, Comparable {
    package let number: Int64

    package init(number: Int64) { self.number = number }

    package init(of date: NumericDate) {
        // Rounds down, before 1970 too.
        let seconds = date.seconds
        number = seconds >= 0 ? seconds / 86_400 : (seconds + 1) / 86_400 - 1
    }

    package var start: NumericDate { NumericDate(0).advanced(by: number.multipliedSaturating(by: 86_400)) }

    package static func < (left: UsageDay, right: UsageDay) -> Bool { left.number < right.number }
}

/// The day or month of UTC that a quota counts in.
package struct QuotaWindow: Sendable, Equatable {
    /// Rises from one to the next: the day's number, or the months since year 0.
    package let index: Int64
    package let firstDay: UsageDay
    /// When the next one begins.
    package let end: NumericDate

    /// The one in which `date` lies; before 1970 and after the year 9999 the nearest.
    package init(_ period: TokenQuota.Period, at date: NumericDate) {
        let date = NumericDate(min(max(date.seconds, 0), 253_402_300_799))
        let day = UsageDay(of: date)
        switch period {
        case .day:
            index = day.number
            firstDay = day
            end = UsageDay(number: day.number + 1).start
        case .month:
            index = Self.month(of: day.number)
            firstDay = UsageDay(number: Self.firstDay(ofMonth: index))
            end = UsageDay(number: Self.firstDay(ofMonth: index + 1)).start
        }
    }

    // The Gregorian calendar in years that begin on 1 March, so that a leap day is the last of its year.

    private static func month(of day: Int64) -> Int64 {
        let (era, dayOfEra) = (day + 719_468).quotientAndRemainder(dividingBy: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        // Months since March of the year 0, and two more from January.
        return (era * 400 + yearOfEra) * 12 + (5 * dayOfYear + 2) / 153 + 2
    }

    private static func firstDay(ofMonth index: Int64) -> Int64 {
        let (year, month) = (index - 2).quotientAndRemainder(dividingBy: 12)
        let dayOfYear = (153 * month + 2) / 5
        return year * 365 + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468
    }
}

extension Int64 {
    fileprivate func multipliedSaturating(by factor: Int64) -> Int64 {
        let (product, isOverflow) = multipliedReportingOverflow(by: factor)
        guard isOverflow else { return product }
        return (self < 0) == (factor < 0) ? .max : .min
    }
}
