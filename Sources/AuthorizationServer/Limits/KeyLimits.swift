package import OAuth

/// The limits of one key as the cache holds them, and what it has used.
package final class KeyLimits: Sendable {
    package let rate: RateLimit?
    package let quota: TokenQuota?
    private let pacer: Pacer?
    private let state: LimitState

    package init(rate: RateLimit?, quota: TokenQuota?, state: LimitState) {
        self.rate = rate
        self.quota = quota
        pacer = rate.map(Pacer.init)
        self.state = state
    }

    package enum Verdict: Sendable {
        case admitted(Admission)
        case refused(LimitRefusal)
    }

    /// Judges a request for a token, and counts it.
    ///
    /// What is refused uses nothing. What is admitted and then gets no token is to be given back with
    /// ``withdraw(_:)``.
    ///
    /// - Parameters:
    ///   - now: For the rate, which knows no date.
    ///   - date: For the quota.
    package func admit(at now: Uptime, on date: NumericDate) -> Verdict {
        let window = quota.map { QuotaWindow($0.period, at: date) }
        let limit = quota.flatMap { $0.isEnforced ? Int64($0.tokens) : nil }
        if let window, let limit, state.issued(in: window.index) >= limit {
            return .refused(quotaRefusal(window, at: now, on: date))
        }
        var admission = Admission(now: now, date: date, window: window, paidAt: 0, issued: 0)
        if let pacer {
            switch state.spend(pacer, at: now) {
            case .conforms(let paidAt): admission.paidAt = paidAt
            case .exceeds(let wait):
                admission.paidAt = state.debtPaidAt
                if let window { admission.issued = state.issued(in: window.index) }
                return .refused(LimitRefusal(.rate, after: Self.seconds(wait), limits(admission)))
            }
        }
        if let window {
            guard let issued = state.count(in: window.index, upTo: limit) else {
                // Somebody else took the last one meanwhile.
                if let pacer { state.refund(pacer) }
                return .refused(quotaRefusal(window, at: now, on: date))
            }
            admission.issued = issued
        }
        return .admitted(admission)
    }

    /// Judges a request that gets no token, such as an introspection: by the rate alone.
    ///
    /// - Returns: `nil` when it is admitted.
    package func refusal(at now: Uptime, on date: NumericDate) -> LimitRefusal? {
        guard let pacer, case .exceeds(let wait) = state.spend(pacer, at: now) else { return nil }
        var admission = Admission(now: now, date: date, window: nil, paidAt: state.debtPaidAt, issued: 0)
        if let quota {
            let window = QuotaWindow(quota.period, at: date)
            admission.window = window
            admission.issued = state.issued(in: window.index)
        }
        return LimitRefusal(.rate, after: Self.seconds(wait), limits(admission))
    }

    /// Gives a token that was not issued back to the quota.
    ///
    /// The request itself still counts for the rate.
    package func withdraw(_ admission: Admission) {
        if let window = admission.window { state.discount(in: window.index) }
    }

    /// What is left after a request, by policy; nothing is said of a quota that is not enforced, for no request has to
    /// heed it.
    package func limits(_ admission: Admission) -> ServiceLimits {
        var limits = ServiceLimits()
        if let rate, let pacer {
            let left = pacer.left(paidAt: admission.paidAt, at: admission.now)
            limits.rate = ServiceLimit(
                policy: .rate,
                quota: Int64(rate.requests),
                window: Int64(rate.seconds),
                remaining: left.requests,
                reset: Self.seconds(left.untilNext)
            )
        }
        if let quota, quota.isEnforced, let window = admission.window {
            limits.quota = ServiceLimit(
                policy: .quota,
                quota: Int64(quota.tokens),
                window: quota.period == .day ? 86_400 : nil,
                remaining: max(0, Int64(quota.tokens) - admission.issued),
                reset: max(0, window.end.seconds - admission.date.seconds)
            )
        }
        return limits
    }

    /// Whether a quota that is not enforced is passed, and nobody has been told so yet.
    ///
    /// Says so once in each window and for each value of the quota, also of one that is set below what was used.
    package func passesQuota(_ admission: Admission) -> Bool {
        guard let quota, !quota.isEnforced, let window = admission.window,
            admission.issued > Int64(quota.tokens)
        else { return false }
        return state.tell(of: Int64(quota.tokens), in: window.index)
    }

    /// Whether the quota is passed, which only one that is not enforced can be.
    package func isBeyondQuota(_ admission: Admission) -> Bool {
        quota.map { admission.issued > Int64($0.tokens) } ?? false
    }

    private func quotaRefusal(_ window: QuotaWindow, at now: Uptime, on date: NumericDate) -> LimitRefusal {
        let admission = Admission(
            now: now,
            date: date,
            window: window,
            paidAt: state.debtPaidAt,
            issued: Int64(quota?.tokens ?? 0)
        )
        let wait = max(1, window.end.seconds - date.seconds)
        return LimitRefusal(.quota, after: wait, limits(admission))
    }

    /// Whole seconds, rounded up: who waits for so long does not come too early.
    private static func seconds(_ nanoseconds: Int64) -> Int64 { (nanoseconds + 999_999_999) / 1_000_000_000 }
}

/// A request that was within its key's limits, at one moment.
package struct Admission: Sendable {
    let now: Uptime
    let date: NumericDate
    fileprivate(set) var window: QuotaWindow?
    fileprivate(set) var paidAt: Int64
    /// Tokens of the window, with this one.
    fileprivate(set) var issued: Int64
}

/// What is left of each limit that a key has.
package struct ServiceLimits: Sendable, Equatable {
    package var rate: ServiceLimit?
    package var quota: ServiceLimit?
}

/// A request beyond a limit: nothing was used, and it may come again later.
package struct LimitRefusal: Error, Sendable {
    package let reason: UsageDenial
    /// Whole seconds, at least 1.
    package let retryAfterSeconds: Int64
    package let limits: ServiceLimits

    init(_ policy: ServiceLimit.Policy, after seconds: Int64, _ limits: ServiceLimits) {
        reason = policy == .rate ? .rateLimit : .quota
        retryAfterSeconds = max(1, seconds)
        self.limits = limits
    }
}
