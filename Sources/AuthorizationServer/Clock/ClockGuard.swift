package import OAuth
import Synchronization

/// Holds the wall clock against the latest time that this service has acted on, across restarts.
///
/// Two rules follow. **Issue** only while ``permits(_:)`` says so: with a clock far behind, nothing that is issued
/// could be told from what was issued, spent or revoked before. **Judge** what exists by ``judged(_:)``, which never
/// goes back: what has once been found expired stays so, whatever the clock does. What was used or revoked is a row
/// of the database and knows no clock.
///
/// A jump ahead shows only when the clock comes back: from then on nothing is issued until it has caught up. What is
/// forgotten for its age goes by ``forgettable(_:)``, which keeps to the time that the database knows of.
package final class ClockGuard: Sendable {
    /// By how many seconds the clock may go back without being refused, such as when NTP corrects it.
    package static let tolerance: Int64 = 60

    private let watermark: Atomic<Int64>
    /// What the database has of it.
    private let durable: Atomic<Int64>

    /// - Parameter latest: What the database remembers.
    package init(latest: NumericDate) {
        watermark = Atomic(latest.seconds)
        durable = Atomic(latest.seconds)
    }

    /// The latest time that was acted on.
    package var latest: NumericDate { NumericDate(watermark.load(ordering: .relaxed)) }

    /// Whether something may be issued at `now`.
    ///
    /// One relaxed load: this is asked for every token.
    package func permits(_ now: NumericDate) -> Bool {
        now >= latest.advanced(by: -Self.tolerance)
    }

    /// The time to judge by, never before one that was judged by: expiry, of tokens, families and keys.
    package func judged(_ now: NumericDate) -> NumericDate {
        let latest = watermark.load(ordering: .relaxed)
        guard now.seconds > latest else { return NumericDate(latest) }
        return NumericDate(watermark.max(now.seconds, ordering: .relaxed).newValue)
    }

    /// The time up to which expired rows may be forgotten: `now`, unless that is far ahead of what the database has seen.
    ///
    /// Else a denied token whose row went during a short jump ahead would be alive again after it. The minute that is
    /// granted is the one that rows are kept longer than the tokens that they are about.
    package func forgettable(_ now: NumericDate) -> NumericDate {
        min(now, NumericDate(durable.load(ordering: .relaxed)).advanced(by: Self.tolerance))
    }

    /// The database remembers this time from now on.
    package func record(durable date: NumericDate) {
        _ = durable.max(date.seconds, ordering: .relaxed)
        _ = judged(date)
    }
}
