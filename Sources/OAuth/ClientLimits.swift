/// How many requests a client may send: so many at once, and as many again evenly over the time.
///
/// - Units: requests, whole seconds.
/// - Range: 1 to 1 000 000 requests in 1 to 86 400 seconds.
package struct RateLimit: Sendable, Hashable {
    package static let requestRange = 1...1_000_000
    package static let secondRange = 1...86_400

    package let requests: Int
    package let seconds: Int

    /// - Returns: `nil` outside the ranges.
    package init?(requests: Int, seconds: Int) {
        guard Self.requestRange.contains(requests), Self.secondRange.contains(seconds) else { return nil }
        self.requests = requests
        self.seconds = seconds
    }
}

/// How many tokens a client may get in each day or month, of UTC.
///
/// - Range: 1 to 1 000 000 000 tokens.
package struct TokenQuota: Sendable, Hashable {
    package enum Period: String, Sendable, CaseIterable {
        case day, month
    }

    package static let tokenRange = 1...1_000_000_000

    package let tokens: Int
    package let period: Period
    /// False: what is beyond is counted and logged, and given all the same.
    package let isEnforced: Bool

    /// - Returns: `nil` outside the range.
    package init?(tokens: Int, period: Period, isEnforced: Bool = true) {
        guard Self.tokenRange.contains(tokens) else { return nil }
        self.tokens = tokens
        self.period = period
        self.isEnforced = isEnforced
    }
}
