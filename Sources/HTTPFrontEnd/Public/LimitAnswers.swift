import AuthorizationServer
import OAuth
import Primitives

/// The HTTP form of limits: 429 (RFC 6585 §4), `Retry-After`, and what is left
/// (draft-ietf-httpapi-ratelimit-headers-11).
enum LimitAnswers {
    static func refused(_ refusal: LimitRefusal) -> Answer {
        var answer = tooMany(
            refusal.reason == .rateLimit
                ? "this API key asks too often: wait for as many seconds as Retry-After says"
                : "this API key has used up its quota: wait for as many seconds as Retry-After says",
            after: refusal.retryAfterSeconds
        )
        append(refusal.limits, to: &answer)
        answer.note.detail = refusal.reason.rawValue
        return answer
    }

    static func tooManyFailures(after seconds: Int64, detail: String?) -> Answer {
        var answer = tooMany(
            "too many credentials from this address were refused, and this one is: wait for as many seconds as "
                + "Retry-After says",
            after: seconds
        )
        answer.note.detail = detail
        return answer
    }

    private static func tooMany(_ description: String, after seconds: Int64) -> Answer {
        var answer = Answer(
            status: 429,
            contentType: "application/json",
            body: OAuthError.json(error: "temporarily_unavailable", description: description)
        )
        answer.append("Cache-Control", "no-store")
        answer.append("Pragma", "no-cache")
        answer.append("Retry-After", value: String(seconds))
        answer.note.error = "temporarily_unavailable"
        return answer
    }

    /// - Parameter limits: Of a key with none that is enforced there is nothing to say.
    static func append(_ limits: ServiceLimits, to answer: inout Answer) {
        guard limits.rate != nil || limits.quota != nil else { return }
        answer.fields.append(ascii: "RateLimit-Policy: ")
        limits.rate?.appendPolicy(to: &answer.fields)
        if limits.rate != nil, limits.quota != nil { answer.fields.append(ascii: ", ") }
        limits.quota?.appendPolicy(to: &answer.fields)
        answer.fields.append(ascii: "\r\nRateLimit: ")
        limits.rate?.appendLimit(to: &answer.fields)
        if limits.rate != nil, limits.quota != nil { answer.fields.append(ascii: ", ") }
        limits.quota?.appendLimit(to: &answer.fields)
        answer.fields.append(ascii: "\r\n")
    }
}
