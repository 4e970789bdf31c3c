import AuthorizationServer
import OAuth
import Testing

@Suite("Clock guard")
struct ClockGuardTests {
    private static let start: Int64 = 1_800_000_000

    private static func date(_ seconds: Int64) -> NumericDate { NumericDate(start).advanced(by: seconds) }

    // threats: OPS-04
    @Test(
        arguments: [(60, true), (0, true), (-1, true), (-60, true), (-61, false), (-3600, false)]
            as [(Int64, Bool)]
    )
    func `a minute behind is forgiven, more is not`(seconds: Int64, isPermitted: Bool) {
        let clock = ClockGuard(latest: Self.date(0))
        #expect(clock.permits(Self.date(seconds)) == isPermitted)
    }

    @Test(arguments: [Int64.min, 0, .max])
    func `no time ends the process`(seconds: Int64) {
        let clock = ClockGuard(latest: NumericDate(seconds))
        for other in [Int64.min, 0, .max] {
            #expect(
                clock.permits(NumericDate(other)) == (other >= NumericDate(seconds).advanced(by: -60).seconds)
            )
        }
        #expect(clock.judged(NumericDate(.max)) == NumericDate(.max))
    }

    // threats: OPS-04, REF-13
    @Test
    func `what is judged by never goes back, whatever the clock says`() {
        let clock = ClockGuard(latest: Self.date(0))
        let readings: [Int64] = [5, 3, 3600, 0, -3600, 3599, 3601, -1_800_000_000, 3602]
        let judged = readings.map { clock.judged(Self.date($0)) }
        #expect(judged == [5, 5, 3600, 3600, 3600, 3600, 3601, 3601, 3602].map(Self.date))
        #expect(clock.latest == Self.date(3602))
    }

    @Test
    func `a clock that was ahead permits nothing until it has caught up`() {
        let clock = ClockGuard(latest: Self.date(0))
        _ = clock.judged(Self.date(3600))
        #expect(!clock.permits(Self.date(10)))
        #expect(!clock.permits(Self.date(3539)))
        #expect(clock.permits(Self.date(3540)))
    }

    @Test
    func `what is forgotten goes by the time that the database knows`() {
        let clock = ClockGuard(latest: Self.date(0))
        #expect(clock.forgettable(Self.date(10)) == Self.date(10))
        #expect(clock.forgettable(Self.date(-10)) == Self.date(-10))
        _ = clock.judged(Self.date(3600))
        #expect(clock.forgettable(Self.date(3600)) == Self.date(60))
        clock.record(durable: Self.date(3600))
        #expect(clock.forgettable(Self.date(3600)) == Self.date(3600))
        #expect(clock.latest == Self.date(3600))
    }

    @Test
    func `of many readings at once the latest stays`() async {
        let clock = ClockGuard(latest: Self.date(0))
        await withTaskGroup(of: Void.self) { group in
            for second in 1...200 { group.addTask { _ = clock.judged(Self.date(Int64(second))) } }
        }
        #expect(clock.latest == Self.date(200))
    }
}
