import AdminAPI
import OAuth
import Testing

@Suite("Date-times: RFC 3339 §5.6")
struct DateTimeTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0),
        ("1969-12-31T23:59:59Z", -1),
        ("2000-02-29T12:34:56Z", 951_827_696),
        ("2038-01-19T03:14:08Z", 2_147_483_648),
        ("9999-12-31T23:59:59Z", 253_402_300_799),
        ("0000-01-01T00:00:00Z", -62_167_219_200),
        ("1900-03-01T00:00:00Z", -2_203_891_200),
        ("1996-12-20T00:39:57Z", 851_042_397),
    ])
    func `a date is read and printed as itself`(text: String, seconds: Int) throws {
        #expect(NumericDate(rfc3339: text)?.seconds == Int64(seconds))
        #expect(NumericDate(Int64(seconds)).rfc3339 == text)
    }

    @Test(arguments: [
        ("1996-12-19T16:39:57-08:00", 851_042_397),
        ("1937-01-01T12:00:27.87+00:20", -1_041_337_173),
        ("1985-04-12T23:20:50.52Z", 482_196_050),
        ("1985-04-12t23:20:50.520000000000000000000000z", 482_196_050),
        ("1985-04-12T23:20:50-00:00", 482_196_050),
        ("9999-12-31T23:59:59-23:59", 253_402_387_139),
        ("0000-01-01T00:00:00+23:59", -62_167_305_540),
    ])
    func `offsets and fractions are understood`(text: String, seconds: Int) {
        #expect(NumericDate(rfc3339: text)?.seconds == Int64(seconds))
    }

    @Test(arguments: [
        "", "2030", "2030-01-31", "2030-01-31T12:00Z", "2030-01-31T12:00:00", "2030-01-31 12:00:00Z",
        "2030-13-01T00:00:00Z", "2030-00-01T00:00:00Z", "2030-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
        "2030-04-31T00:00:00Z", "2030-01-00T00:00:00Z", "2030-01-31T24:00:00Z", "2030-01-31T12:60:00Z",
        "2016-12-31T23:59:60Z", "2030-01-31T12:00:00+24:00", "2030-01-31T12:00:00+01:60",
        "2030-01-31T12:00:00+0100", "2030-01-31T12:00:00.Z", "2030-01-31T12:00:00ZZ", "+030-01-31T12:00:00Z",
        "-2030-01-31T12:00:00Z", "12030-01-31T12:00:00Z", "２030-01-31T12:00:00Z", "2030-01-31T12:00:00Z\u{0}",
    ])
    func `anything else is refused`(text: String) {
        #expect(NumericDate(rfc3339: text) == nil)
    }

    @Test
    func `dates that the form cannot say become the nearest that it can`() {
        #expect(NumericDate(.max).rfc3339 == "9999-12-31T23:59:59Z")
        #expect(NumericDate(.min).rfc3339 == "0000-01-01T00:00:00Z")
    }

    @Test
    func `every day of ten thousand years comes back`() {
        for day in stride(from: Int64(-719_528), to: 2_932_897, by: 1) {
            let date = NumericDate(day * 86_400 + 43_210)
            guard NumericDate(rfc3339: date.rfc3339) == date else {
                Issue.record("day \(day) is printed as \(date.rfc3339)")
                return
            }
        }
    }
}
