package import AdminAPI
package import Administration

/// The one place where refusals of the admin API become problem documents (RFC 9457).
package enum AdminProblem {
    package static func problem(for refusal: AdminRefusal, requestID: String) -> Problem {
        var problem: Problem
        switch refusal {
        case .invalidInput(let mistakes):
            problem = Problem(
                slug: "invalid-input",
                title: "The request has mistakes",
                status: 400,
                detail: "Nothing was done; see errors for each mistake."
            )
            problem.errors = mistakes
        case .missingScope(let scope):
            problem = Problem(
                slug: "missing-scope",
                title: "The credential does not open this operation",
                status: 403,
                detail: "It needs the scope \(scope), in the token and in its key."
            )
        case .notHeld(let mistakes):
            problem = Problem(
                slug: "not-held",
                title: "Nobody gives what they do not hold",
                status: 403,
                detail: "Nothing was done; see errors for what your key does not hold."
            )
            problem.errors = mistakes
        case .notFound(let detail):
            problem = Problem(slug: "not-found", title: "Not found", status: 404, detail: sentence(detail))
        case .conflict(let detail):
            problem = Problem(
                slug: "conflict",
                title: "The state of things forbids it",
                status: 409,
                detail: sentence(detail)
            )
        case .preconditionFailed:
            problem = Problem(
                slug: "precondition-failed",
                title: "It has changed meanwhile",
                status: 412,
                detail: "Nothing was done: the resource is not the one that If-Match names. Read it again."
            )
        case .reusedIdempotencyKey:
            problem = Problem(
                slug: "reused-idempotency-key",
                title: "The key stands for another request",
                status: 422,
                detail: "Nothing was done: another request had this Idempotency-Key within 24 hours."
            )
        }
        problem.requestID = requestID
        return problem
    }

    static func invalidQuery(_ detail: String) -> Problem {
        Problem(
            slug: "invalid-input",
            title: "The request has mistakes",
            status: 400,
            detail: sentence(detail)
        )
    }

    static func unsupportedMediaType(_ accepted: [String]) -> Problem {
        Problem(
            slug: "unsupported-media-type",
            title: "The body has the wrong type",
            status: 415,
            detail: "Send it as \(accepted.joined(separator: " or "))."
        )
    }

    private static func sentence(_ detail: String) -> String {
        detail.prefix(1).uppercased() + detail.dropFirst() + "."
    }
}
