/// Why a key that was known got no token; a counter each.
package enum UsageDenial: String, Sendable, CaseIterable {
    case disabled, expired
    /// From an address or a page that is not allowed, or beside another's user name.
    case notAllowed = "not_allowed"
    case unauthorizedClient = "unauthorized_client"
    case invalidRequest = "invalid_request"
    case invalidScope = "invalid_scope"
    case invalidTarget = "invalid_target"
    case invalidGrant = "invalid_grant"
    case rateLimit = "rate_limit"
    case quota
}
