/// A refusal that the client is entitled to see: the `error` response of RFC 6749 §5.2.
///
/// Two audiences, two fields. ``description`` goes on the wire: printable ASCII without quotes or
/// backslashes, and it never names a row, a file or another client. ``detail`` goes to the log.
///
/// Faults (a locked database, a full disk) are not `OAuthError`s. They stay ordinary errors until the
/// front end turns them into a 503 with `Retry-After`; a bug becomes a bare 500.
package struct OAuthError: Error, Sendable {
    /// Registered values: IANA "OAuth Extensions Error Registry".
    package enum Code: String, Sendable, CaseIterable {
        case invalidRequest = "invalid_request"
        case invalidClient = "invalid_client"
        case invalidGrant = "invalid_grant"
        case invalidScope = "invalid_scope"
        /// RFC 8693 §2.2.2, RFC 8707 §2.
        case invalidTarget = "invalid_target"
        case unauthorizedClient = "unauthorized_client"
        case unsupportedGrantType = "unsupported_grant_type"
        /// RFC 7009 §2.2.1.
        case unsupportedTokenType = "unsupported_token_type"
    }

    package let code: Code
    package let description: String
    package let detail: String?

    package init(_ code: Code, _ description: String, detail: String? = nil) {
        assert(description.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C })
        self.code = code
        self.description = description
        self.detail = detail
    }
}
