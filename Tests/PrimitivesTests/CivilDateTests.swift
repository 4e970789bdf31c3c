import Primitives
import Testing

@Suite("Dates: RFC 3339 §5.6")
struct CivilDateTests {
    @Test
    func `days follow each other, from the first of the year 0 to the last of 9999`() throws {
        var last = try #require(CivilDate(year: 0, month: 1, day: 1))
        #expect(last.dayNumber == -719_528 && CivilDate(dayNumber: .min) == last)
        for number in stride(from: Int64(-719_527), through: 2_932_896, by: 1) {
            let date = CivilDate(dayNumber: number)
            let next =
                CivilDate(year: last.year, month: last.month, day: last.day + 1)
                ?? CivilDate(year: last.year, month: last.month + 1, day: 1)
                ?? CivilDate(year: last.year + 1, month: 1, day: 1)
            guard date == next, date.dayNumber == number else {
                Issue.record("\(date) after \(last) is day \(date.dayNumber), not \(number)")
                return
            }
            last = date
        }
        #expect(last == CivilDate(year: 9999, month: 12, day: 31) && CivilDate(dayNumber: .max) == last)
    }

    @Test(
        arguments: [
            (2026, 0, 1), (2026, 13, 1), (2026, 1, 0), (2026, 1, 32), (2026, 4, 31), (2026, 2, 29),
            (1900, 2, 29),
            (2000, 2, 30), (-1, 12, 31), (10_000, 1, 1), (2026, .max, .min),
        ] as [(Int64, Int64, Int64)]
    )
    func `what is no day is none`(year: Int64, month: Int64, day: Int64) {
        #expect(CivilDate(year: year, month: month, day: day) == nil)
    }

    @Test(
        arguments: [
            (0, 0, 0), (86_399, 0, 86_399), (86_400, 1, 0), (-1, -1, 86_399), (-86_400, -1, 0),
            (-86_401, -2, 86_399),
            (.max, 106_751_991_167_300, 55_807), (.min, -106_751_991_167_301, 30_592),
        ] as [(Int64, Int64, Int64)]
    )
    func `a Unix time is a day and a second of it, before 1970 too`(time: Int64, day: Int64, second: Int64) {
        let split = CivilDate.split(unixTime: time)
        #expect(split.dayNumber == day && split.second == second)
    }
}
