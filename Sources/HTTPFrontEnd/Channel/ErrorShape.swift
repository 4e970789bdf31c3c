import AdminAPI
import OAuth
import Primitives

/// How a listener words what goes wrong outside its operations.
package enum ErrorShape: Sendable {
    /// The error object of RFC 6749 §5.2.
    case oauth
    /// A problem document (RFC 9457).
    case problem

    package init(_ listener: Listener) { self = listener == .public ? .oauth : .problem }

    /// An answer that no cache may keep.
    package func answer(_ status: Int, _ description: String, requestID: [UInt8]) -> Answer {
        var answer: Answer
        switch self {
        case .oauth:
            let error = status >= 500 && status != 501 ? "temporarily_unavailable" : "invalid_request"
            answer = Answer(
                status: status,
                contentType: "application/json",
                body: OAuthError.json(error: error, description: description)
            )
            answer.append("Pragma", "no-cache")
            answer.note.error = error
        case .problem:
            let problem = Problem(
                slug: Self.slug(status),
                title: Self.slug(status).replacing("-", with: " "),
                status: status,
                detail: description,
                requestID: String(decoding: requestID, as: UTF8.self)
            )
            answer = Answer(
                status: status,
                contentType: "application/problem+json",
                body: problem.json.serialized
            )
            answer.note.error = Self.slug(status)
        }
        answer.append("Cache-Control", "no-store")
        if status == 503 { answer.append("Retry-After", "1") }
        return answer
    }

    private static func slug(_ status: Int) -> String {
        switch status {
        case 401: "unauthenticated"
        case 403: "forbidden"
        case 404: "not-found"
        case 405: "method-not-allowed"
        case 413: "payload-too-large"
        case 415: "unsupported-media-type"
        case 421: "misdirected-host"
        case 500: "internal-error"
        case 503: "unavailable"
        default: "invalid-input"
        }
    }
}
