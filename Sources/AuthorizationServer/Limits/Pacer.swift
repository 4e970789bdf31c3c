package import OAuth

/// A reading of a clock that never goes back and means nothing by itself; in nanoseconds.
package struct Uptime: Sendable, Hashable, Comparable {
    /// 0 to 2^62, so that a day more or less overflows nothing.
    package let nanoseconds: Int64

    package init(nanoseconds: UInt64) { self.nanoseconds = Int64(min(nanoseconds, 1 << 62)) }

    package static func < (left: Uptime, right: Uptime) -> Bool { left.nanoseconds < right.nanoseconds }
}

/// The generic cell rate algorithm (ITU-T I.371, annex A): the whole memory of a client is one number.
///
/// That number is the time at which all that was asked for so far would be paid for, at an even pace. A request
/// conforms while the debt with it stays within the limit's time.
package struct Pacer: Sendable, Hashable {
    /// Nanoseconds that pay for one request, rounded up.
    package let interval: Int64
    /// The largest debt, in nanoseconds: all requests at once.
    package let span: Int64

    package init(_ limit: RateLimit) {
        let (requests, time) = (Int64(limit.requests), Int64(limit.seconds) * 1_000_000_000)
        interval = (time + requests - 1) / requests
        span = interval * requests
    }

    package enum Verdict: Sendable, Equatable {
        /// The debt is paid at `paidAt` from now on.
        case conforms(paidAt: Int64)
        /// Nothing changes; in so many nanoseconds it would conform.
        case exceeds(wait: Int64)
    }

    /// Judges one request.
    ///
    /// - Parameter paidAt: As an earlier verdict gave it; 0 for a client that never asked.
    package func judge(paidAt: Int64, at now: Uptime) -> Verdict {
        let debt = debt(paidAt, now)
        guard debt + interval <= span else { return .exceeds(wait: debt + interval - span) }
        return .conforms(paidAt: now.nanoseconds + debt + interval)
    }

    /// What to remember after a verdict: of one that exceeds, no more debt than this limit knows, so that the debt
    /// of a narrower limit of before does not outlast it.
    package func paidAt(after verdict: Verdict, _ paidAt: Int64, at now: Uptime) -> Int64 {
        switch verdict {
        case .conforms(let next): next
        case .exceeds: min(paidAt, now.nanoseconds + span)
        }
    }

    /// Requests that would conform at this moment, and the nanoseconds until it is one more; 0 when it is all.
    package func left(paidAt: Int64, at now: Uptime) -> (requests: Int64, untilNext: Int64) {
        let credit = span - debt(paidAt, now)
        let requests = credit / interval
        return (requests, credit == span ? 0 : (requests + 1) * interval - credit)
    }

    /// Never more than the largest one: a limit that was made wider counts at once.
    private func debt(_ paidAt: Int64, _ now: Uptime) -> Int64 {
        // A time that no verdict gave must not overflow either.
        guard paidAt > now.nanoseconds else { return 0 }
        let (debt, isOverflow) = paidAt.subtractingReportingOverflow(now.nanoseconds)
        return isOverflow ? span : min(debt, span)
    }
}
