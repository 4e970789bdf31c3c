import AuthorizationServer

extension MetricsText {
    /// What was held back; which keys and addresses that were is in the log and in the usage.
    mutating func writeLimits(_ metrics: LoopMetrics) {
        family("tokenbooth_limited_requests_total", "counter", "Requests answered with 429, by the limit.")
        for limit in LimitName.all {
            sample(
                "tokenbooth_limited_requests_total",
                [("limit", limit)],
                String(metrics.limited[limit] ?? 0)
            )
        }
        family(
            "tokenbooth_tokens_beyond_quota_total",
            "counter",
            "Tokens issued beyond a quota that is not enforced."
        )
        sample("tokenbooth_tokens_beyond_quota_total", [], String(metrics.beyondQuota))
        family("tokenbooth_failed_authentications_total", "counter", "Credentials that were refused.")
        sample("tokenbooth_failed_authentications_total", [], String(metrics.failedAuthentications))
    }
}

/// The limits as the metrics name them.
enum LimitName {
    static let failedAuthentications = "failed_authentications"
    static let all = [UsageDenial.rateLimit.rawValue, UsageDenial.quota.rawValue, failedAuthentications]
}
