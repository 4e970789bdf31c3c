import OAuth
import Primitives

/// The HTTP form of what the token endpoint says (RFC 6749 §5.1, §5.2).
enum TokenAnswers {
    /// To be given a body.
    static let granted: Answer = {
        var answer = Answer(status: 200, contentType: "application/json")
        uncached(&answer)
        return answer
    }()

    /// Of a client that hung up before its answer was made: for the access log and the metrics, and never sent.
    ///
    /// RFC 9110 has no such status; 499 is what proxies log.
    static let abandoned: Answer = {
        var answer = Answer(status: 499)
        answer.note.detail = "the client has gone"
        return answer
    }()

    private static func uncached(_ answer: inout Answer) {
        answer.append("Cache-Control", "no-store")
        answer.append("Pragma", "no-cache")
    }

    /// Every 401 carries a challenge: Bearer when that or a bare key was tried in `Authorization`, else Basic.
    static func refused(_ error: OAuthError, authorization: String?) -> Answer {
        let isClient = error.code == .invalidClient
        var answer = Answer(status: isClient ? 401 : 400, contentType: "application/json", body: error.json)
        uncached(&answer)
        if isClient {
            let triedBasic = authorization?.prefix(6).lowercased() == "basic "
            if authorization != nil, !triedBasic {
                answer.append("WWW-Authenticate", "Bearer realm=\"tokenbooth\"")
            } else {
                answer.append("WWW-Authenticate", "Basic realm=\"tokenbooth\"")
            }
        }
        answer.note.error = error.code.rawValue
        answer.note.detail = error.detail
        return answer
    }

    /// A fault: nothing was consumed, and the client may come again.
    static func unavailable(_ retryAfterSeconds: Int, reason: String) -> Answer {
        var answer = Answer(
            status: 503,
            contentType: "application/json",
            body: OAuthError.json(
                error: "temporarily_unavailable",
                description: "the service cannot answer now: try again shortly"
            )
        )
        uncached(&answer)
        answer.append("Retry-After", value: String(retryAfterSeconds))
        answer.note.error = "temporarily_unavailable"
        answer.note.detail = reason
        return answer
    }
}

/// The media type of a form (RFC 6749 Appendix B), whose only parameter may be `charset=utf-8`.
package enum FormContentType {
    package static func isAcceptable(_ values: KnownFields.Values) -> Bool {
        guard case .one(let value) = values else { return false }
        if bytesEqual(value, "application/x-www-form-urlencoded") { return true }
        let parts = value.lowercased().split(separator: ";", omittingEmptySubsequences: false).map(trimmed)
        guard parts.first == "application/x-www-form-urlencoded" else { return false }
        return parts.dropFirst().allSatisfy { parameter in
            ["", "charset=utf-8", "charset=\"utf-8\""].contains(parameter)
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        return String(text.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}
