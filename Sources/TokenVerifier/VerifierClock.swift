package import OAuth

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// One reading of two clocks.
package struct Moment: Sendable {
    package var now: NumericDate
    /// Milliseconds of a clock that nobody sets.
    package var uptime: Int64

    package init(now: NumericDate, uptime: Int64) {
        self.now = now
        self.uptime = uptime
    }
}

/// Where the time comes from: the system, or a test.
package struct VerifierClock: Sendable {
    package let read: @Sendable () -> Moment

    package init(read: @escaping @Sendable () -> Moment) { self.read = read }

    /// The system's; it goes on counting while the machine sleeps.
    package static let system: VerifierClock = {
        let start = ContinuousClock.now
        return VerifierClock {
            var time = timespec()
            _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
            let (seconds, attoseconds) = start.duration(to: .now).components
            return Moment(
                now: NumericDate(Int64(time.tv_sec)),
                uptime: seconds * 1000 + attoseconds / 1_000_000_000_000_000
            )
        }
    }()
}
