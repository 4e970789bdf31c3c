package import AdminAPI

/// Why an administrative request is not done: becomes an RFC 9457 problem document at the edge.
package enum AdminRefusal: Error, Sendable {
    /// 400: nothing of the request was done.
    case invalidInput([FieldMistake])
    /// 403: the credential does not open this route.
    case missingScope(String)
    /// 403: the administrator would give away what they do not hold.
    case notHeld([FieldMistake])
    /// 404: not there, or not theirs to see.
    case notFound(String)
    /// 409: the state forbids it.
    case conflict(String)
    /// 412: it is not as the caller last saw it.
    case preconditionFailed
    /// 422: another request had this `Idempotency-Key`.
    case reusedIdempotencyKey
}
