package import OAuth

/// From when on the next look tells what time has ended.
///
/// Most looks begin where the last one ended. One in ten seconds looks back a minute, for a change may have read its
/// clock earlier and been made after the last look: a full queue is four batches, each of which may wait five seconds
/// for a lock, and the clock may have gone back meanwhile. Not every look does: a million grants that end in one second
/// would keep the writer for a minute.
package struct StatusPace: Sendable {
    private var last: NumericDate
    private var lookedBackAt: NumericDate

    private static let lookBack: Int64 = 60
    private static let interval: Int64 = 10

    /// - Parameter loadedAt: When the statuses were loaded, with what had ended by then.
    package init(loadedAt: NumericDate) {
        last = loadedAt
        lookedBackAt = loadedAt
    }

    /// What has ended after this is to be told at `now`.
    package func start(at now: NumericDate) -> NumericDate {
        isToLookBack(at: now) ? min(last, now).advanced(by: -Self.lookBack) : last
    }

    /// After a look that was not interrupted.
    package mutating func looked(at now: NumericDate) {
        if isToLookBack(at: now) { lookedBackAt = now }
        last = now
    }

    private func isToLookBack(at now: NumericDate) -> Bool {
        now < last || now >= lookedBackAt.advanced(by: Self.interval)
    }
}
