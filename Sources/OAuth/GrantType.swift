import Primitives

/// The grants that the token endpoint knows: values of `grant_type` (RFC 6749 §4 and §6, RFC 8693 §2.1).
package enum GrantType: String, Sendable, CaseIterable, Hashable {
    case clientCredentials = "client_credentials"
    case tokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange"
    case refreshToken = "refresh_token"
}

/// The token types of RFC 8693 §3 that have a meaning here, and ours for API keys.
package enum TokenType {
    package static let accessToken = "urn:ietf:params:oauth:token-type:access_token"
    package static let jwt = "urn:ietf:params:oauth:token-type:jwt"
    package static let apiKey = "urn:tokenbooth:token-type:api-key"

    /// Ours are JWTs, so that either type names them.
    static func isOfAccessToken(_ type: [UInt8]) -> Bool {
        bytesEqual(type, accessToken) || bytesEqual(type, jwt)
    }
}
