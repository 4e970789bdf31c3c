import AdminAPI
import ArgumentParser
import OAuth
import Primitives

/// How often a key may ask, and how much it may get.
struct KeyLimitOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Requests that it may send in a time, such as 100/60 (seconds) or 1000/1h.",
            valueName: "requests/time"
        )
    )
    var rateLimit: String?

    @Option(
        help: ArgumentHelp(
            "Tokens that it may get in a day or month of UTC, such as 10000/day.",
            valueName: "tokens/period"
        )
    )
    var quota: String?

    @Flag(help: "What is beyond --quota is only counted and logged.")
    var quotaLogOnly = false

    func validate() throws {
        guard rateLimit.map({ RateLimit(parsing: $0) != nil }) ?? true else {
            throw ValidationError(
                "--rate-limit must be requests/time, such as 100/60 or 1000/1h: 1 to 1000000 in 1 s to 1 day."
            )
        }
        guard quota.map({ TokenQuota(parsing: $0) != nil }) ?? true else {
            throw ValidationError("--quota must be tokens/day or tokens/month: 1 to 1000000000 tokens.")
        }
        guard !quotaLogOnly || quota != nil else {
            throw ValidationError("--quota-log-only goes with --quota.")
        }
    }

    func add(to fields: inout JSONObject) {
        if let limit = rateLimit.flatMap({ RateLimit(parsing: $0) }) { fields["rate_limit"] = limit.json }
        if let quota = quota.flatMap({ TokenQuota(parsing: $0, isEnforced: !quotaLogOnly) }) {
            fields["quota"] = quota.json
        }
    }
}
