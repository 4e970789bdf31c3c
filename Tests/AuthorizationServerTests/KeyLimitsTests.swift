import OAuth
import Testing

@testable import AuthorizationServer

@Suite("Limits of a key")
struct KeyLimitsTests {
    private static let now = Uptime(nanoseconds: 1_000_000_000_000)
    /// 2026-11-21T12:00:00Z.
    private static let noon = NumericDate(1_795_262_400)

    private func limits(
        rate: (Int, Int)? = nil,
        quota: (Int, TokenQuota.Period, Bool)? = nil,
        issued: Int64 = 0
    ) -> KeyLimits {
        let quota = quota.flatMap { TokenQuota(tokens: $0.0, period: $0.1, isEnforced: $0.2) }
        let window = quota.map { QuotaWindow($0.period, at: Self.noon) }
        return KeyLimits(
            rate: rate.flatMap { RateLimit(requests: $0.0, seconds: $0.1) },
            quota: quota,
            state: LimitState(period: quota?.period, index: window?.index ?? 0, issued: issued)
        )
    }

    private func admitted(
        _ limits: KeyLimits,
        at now: Uptime = Self.now,
        on date: NumericDate = Self.noon
    ) -> Admission? {
        if case .admitted(let admission) = limits.admit(at: now, on: date) { admission } else { nil }
    }

    private func refused(
        _ limits: KeyLimits,
        at now: Uptime = Self.now,
        on date: NumericDate = Self.noon
    ) -> LimitRefusal? {
        if case .refused(let refusal) = limits.admit(at: now, on: date) { refusal } else { nil }
    }

    @Test
    func `beyond the rate a key is told how long to wait, and has used nothing`() throws {
        let limits = limits(rate: (2, 60), quota: (10, .day, true))
        for left in [1, 0] as [Int64] {
            let admission = try #require(admitted(limits))
            #expect(limits.limits(admission).rate?.remaining == left)
            #expect(limits.limits(admission).quota?.remaining == 8 + left)
        }
        for _ in 0..<3 {
            let refusal = try #require(refused(limits))
            #expect(refusal.reason == .rateLimit && refusal.retryAfterSeconds == 30)
            #expect(refusal.limits.rate?.reset == 30 && refusal.limits.rate?.remaining == 0)
            #expect(refusal.limits.quota?.remaining == 8)
        }
        let later = Uptime(nanoseconds: 1_030_000_000_000)
        #expect(limits.limits(try #require(admitted(limits, at: later))).quota?.remaining == 7)
    }

    @Test
    func `beyond the quota nothing is taken from the rate, and the next day gives again`() throws {
        let limits = limits(rate: (100, 60), quota: (3, .day, true), issued: 2)
        #expect(admitted(limits) != nil)
        for _ in 0..<500 {
            let refusal = try #require(refused(limits))
            #expect(refusal.reason == .quota && refusal.retryAfterSeconds == 43_200)
            #expect(refusal.limits.rate?.remaining == 99)
        }
        #expect(refused(limits, on: Self.noon.advanced(by: 43_199))?.retryAfterSeconds == 1)
        let tomorrow = Self.noon.advanced(by: 43_200)
        #expect(limits.limits(try #require(admitted(limits, on: tomorrow))).quota?.remaining == 2)
        // With a clock that goes back, nothing is given twice.
        #expect(limits.limits(try #require(admitted(limits))).quota?.remaining == 1)
    }

    @Test
    func `a month ends with its last day, whatever that is`() {
        for (day, first, end) in [
            ("2028-02-10", "2028-02-01", "2028-03-01"), ("2026-02-28", "2026-02-01", "2026-03-01"),
            ("2026-12-31", "2026-12-01", "2027-01-01"), ("2027-01-01", "2027-01-01", "2027-02-01"),
            ("1970-01-01", "1970-01-01", "1970-02-01"), ("2100-02-28", "2100-02-01", "2100-03-01"),
        ] {
            let window = QuotaWindow(.month, at: Self.date(day))
            #expect(window.firstDay.start == Self.date(first) && window.end == Self.date(end), "\(day)")
        }
        var last = QuotaWindow(.month, at: NumericDate(0))
        for day in 1..<200_000 {
            let window = QuotaWindow(.month, at: UsageDay(number: Int64(day)).start)
            guard window != last else { continue }
            #expect(window.index == last.index + 1 && window.firstDay.start == last.end)
            last = window
        }
        for seconds in [Int64.min, -1, .max] {
            let window = QuotaWindow(.month, at: NumericDate(seconds))
            #expect(window.index >= 0 && window.end.seconds > 0)
        }
    }

    /// Counted with the calendar's own rules, day by day from 1970.
    private static func date(_ text: String) -> NumericDate {
        let parts = text.split(separator: "-").compactMap { Int64($0) }
        var days: Int64 = 0
        func isLeap(_ year: Int64) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }
        for year in 1970..<parts[0] { days += isLeap(year) ? 366 : 365 }
        let lengths: [Int64] = [31, isLeap(parts[0]) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        days += lengths.prefix(Int(parts[1]) - 1).reduce(0, +) + parts[2] - 1
        return NumericDate(days * 86_400)
    }

    @Test
    func `what got no token is given back to the quota, and not to the rate`() throws {
        let limits = limits(rate: (5, 60), quota: (1, .month, true))
        for left in [4, 3, 2] as [Int64] {
            let admission = try #require(admitted(limits))
            #expect(limits.limits(admission).rate?.remaining == left)
            limits.withdraw(admission)
        }
        #expect(admitted(limits) != nil)
        #expect(refused(limits)?.reason == .quota)
    }

    @Test
    func `a quota that is not enforced only counts, and is passed once`() throws {
        let limits = limits(quota: (2, .day, false))
        var passed: [Bool] = []
        for _ in 0..<5 {
            let admission = try #require(admitted(limits))
            #expect(limits.isBeyondQuota(admission) == (passed.count >= 2))
            passed.append(limits.passesQuota(admission))
            #expect(limits.limits(admission).quota == nil, "nothing to heed")
        }
        #expect(passed == [false, false, true, false, false])
        let tomorrow = Self.noon.advanced(by: 86_400)
        for expected in [false, false, true, false] {
            #expect(limits.passesQuota(try #require(admitted(limits, on: tomorrow))) == expected)
        }
    }

    @Test
    func `a quota that is not enforced is told of when it is set below what was used`() throws {
        let quota = try #require(TokenQuota(tokens: 2, period: .day, isEnforced: false))
        let index = QuotaWindow(.day, at: Self.noon).index
        let state = LimitState(period: .day, index: index, issued: 7)
        func passes(_ quota: TokenQuota) throws -> Bool {
            let limits = KeyLimits(rate: nil, quota: quota, state: state)
            return limits.passesQuota(try #require(admitted(limits)))
        }
        // Whoever reads the key anew makes other limits over the same state.
        #expect(try [passes(quota), passes(quota), passes(quota)] == [true, false, false])
        let wider = try #require(TokenQuota(tokens: 11, period: .day, isEnforced: false))
        #expect(try [passes(wider), passes(wider), passes(wider)] == [false, true, false])
        let enforced = try #require(TokenQuota(tokens: 1_000, period: .day, isEnforced: true))
        #expect(try !passes(enforced))
    }

    @Test
    func `beside a quota that is not enforced the rate is said`() throws {
        let limits = limits(rate: (2, 60), quota: (1, .day, false))
        for _ in 0..<2 {
            let left = limits.limits(try #require(admitted(limits)))
            #expect(left.rate != nil && left.quota == nil)
        }
        let refusal = try #require(refused(limits))
        #expect(refusal.limits.rate != nil && refusal.limits.quota == nil)
        let idle = limits.refusal(at: Self.now, on: Self.noon)
        #expect(idle?.limits.rate != nil && idle?.limits.quota == nil)
    }

    @Test
    func `many at once get no more than there is`() async {
        let limits = limits(rate: (300, 86_400), quota: (250, .day, true))
        let granted = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var count = 0
                    for _ in 0..<200 {
                        if case .admitted = limits.admit(at: Self.now, on: Self.noon) { count += 1 }
                    }
                    return count
                }
            }
            return await group.reduce(0, +)
        }
        #expect(granted == 250)
        // Who lost the race for the last token has its request back: 50 are left of 300.
        var left = 0
        while limits.refusal(at: Self.now, on: Self.noon) == nil { left += 1 }
        #expect(left == 50)
    }
}
