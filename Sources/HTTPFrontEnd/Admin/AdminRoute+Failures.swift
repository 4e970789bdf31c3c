import AdminAPI
import AuthorizationServer
import NIOCore
import Primitives

extension AdminRoute {
    /// The answer to a refused credential: 401, and 429 when its address fails all too often.
    func limited(_ refusal: AdminAuthenticator.Refusal, from address: IPAddress?, _ requestID: String)
        -> Answer
    {
        // Without a credential nothing was tried.
        guard refusal.triedBearer else { return refusal.answer(requestID: requestID) }
        guard let limit = parts.state.current.failedAuthentications,
            case .limited(let seconds, let isNews) = parts.failures.count(address, by: limit, at: .now)
        else {
            parts.adminFailures.count(isLimited: false)
            return refusal.answer(requestID: requestID)
        }
        parts.adminFailures.count(isLimited: true)
        if isNews { parts.failureNews.report(address, requestID: requestID) }
        let problem = Problem(
            slug: "too-many-failures",
            title: "Too many credentials were refused",
            status: 429,
            detail: "Too many credentials from this address were refused, and this one is.",
            requestID: requestID
        )
        var answer = Answer(
            status: 429,
            contentType: "application/problem+json",
            body: problem.json.serialized
        )
        answer.append("Cache-Control", "no-store")
        answer.append("Retry-After", value: String(seconds))
        answer.note.error = "too_many_failures"
        answer.note.detail = refusal.cause
        return answer
    }
}
