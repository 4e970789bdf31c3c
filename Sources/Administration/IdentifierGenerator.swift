package import OAuth
import Primitives
import Synchronization

/// Makes identifiers that rise strictly, whatever the clock does (monotonic ULIDs).
///
/// Within one second, and after the clock went back, the next is the successor of the last.
package final class IdentifierGenerator: Sendable {
    private let last = Mutex<ULID?>(nil)

    package init() {}

    package func next(at now: NumericDate) -> ULID {
        let (milliseconds, overflow) = now.seconds.multipliedReportingOverflow(by: 1000)
        let fresh = ULID(milliseconds: overflow ? 0 : milliseconds, random: SystemRandom.bytes(10))
        return last.withLock { last in
            let next = last.map { max($0.successor, fresh) } ?? fresh
            last = next
            return next
        }
    }
}
