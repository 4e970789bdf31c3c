import Primitives

/// One request to the token endpoint, read but not yet judged (RFC 6749 §4.4.2 and §6, RFC 8693 §2.1).
package struct TokenRequest: Sendable {
    package enum Grant: Sendable {
        /// RFC 6749 §4.4.
        case clientCredentials
        /// RFC 8693 with our own subject token type; `nil` when the value cannot be an API key.
        case apiKeyExchange(subject: APIKey?)
        /// RFC 8693 with access tokens of ours, whatever was sent as such.
        case accessTokenExchange(subject: [UInt8], actor: [UInt8]?)
        /// RFC 6749 §6; `nil` when the value cannot be a refresh token: refused later, like any that is not good.
        case refreshToken(RefreshToken?)

        package var type: GrantType {
            switch self {
            case .clientCredentials: .clientCredentials
            case .apiKeyExchange, .accessTokenExchange: .tokenExchange
            case .refreshToken: .refreshToken
            }
        }
    }

    package let grant: Grant
    package let authentication: ClientAuthentication?
    /// `client_id` of the body.
    package let clientID: [UInt8]?
    /// `nil`: all that the key holds, or the refresh family.
    package let scope: Scope?
    /// The union of `audience` and `resource`, in the order sent, without duplicates.
    package let audiences: [[UInt8]]

    /// A request for more audiences than this is refused.
    package static let maximumAudiences = 16

    /// - Parameters:
    ///   - form: The body's parameters.
    ///   - authorization: Every value of `Authorization`.
    ///   - apiKeyHeader: Every value of `X-API-Key`.
    /// - Throws: `invalid_request`, `unsupported_grant_type`, `invalid_scope`, `invalid_target`; and
    ///   `invalid_client` for an API key as the Basic user name.
    package init(
        form: FormParameters,
        authorization: [String],
        apiKeyHeader: [String]
    ) throws(OAuthError) {
        guard let grantType = form[.grantType] else {
            throw OAuthError(.invalidRequest, "grant_type is missing: it \(Self.grantTypes)")
        }
        grant = try Self.grant(grantType, form)
        authentication = try ClientAuthentication.find(
            authorization: authorization,
            apiKeyHeader: apiKeyHeader,
            form: form
        )
        clientID = form[.clientID]
        if let text = form[.scope] { scope = try Scope(parsing: text) } else { scope = nil }
        audiences = try Self.audiences(form)
    }

    private static func grant(_ type: [UInt8], _ form: FormParameters) throws(OAuthError) -> Grant {
        if bytesEqual(type, GrantType.clientCredentials.rawValue) { return .clientCredentials }
        if bytesEqual(type, GrantType.refreshToken.rawValue) { return try refresh(form) }
        if bytesEqual(type, GrantType.tokenExchange.rawValue) { return try tokenExchange(form) }
        throw OAuthError(.unsupportedGrantType, "grant_type \(grantTypes)")
    }

    private static let grantTypes =
        "must be client_credentials, refresh_token or \(GrantType.tokenExchange.rawValue)"
    private static let subjectTypes = "must be \(TokenType.apiKey) or \(TokenType.accessToken)"
    private static let ownType = "must be \(TokenType.accessToken)"

    /// RFC 6749 §6.
    private static func refresh(_ form: FormParameters) throws(OAuthError) -> Grant {
        guard let token = form[.refreshToken] else {
            throw OAuthError(
                .invalidRequest,
                "refresh_token is missing or empty: send the one that came last"
            )
        }
        return .refreshToken(RefreshToken(parsing: token))
    }

    /// RFC 8693 §2.1; a missing subject never falls back to another grant.
    private static func tokenExchange(_ form: FormParameters) throws(OAuthError) -> Grant {
        guard let subject = form[.subjectToken] else {
            throw OAuthError(
                .invalidRequest,
                "subject_token is missing or empty: send the API key or access token to exchange"
            )
        }
        guard let type = form[.subjectTokenType] else {
            throw OAuthError(.invalidRequest, "subject_token_type is missing: it \(subjectTypes)")
        }
        if let requested = form[.requestedTokenType], !TokenType.isOfAccessToken(requested) {
            throw OAuthError(.invalidRequest, "requested_token_type \(ownType)")
        }
        if bytesEqual(type, TokenType.apiKey) {
            guard form[.actorToken] == nil, form[.actorTokenType] == nil else {
                throw OAuthError(
                    .invalidRequest,
                    "actor_token does not go with an API key as subject_token: leave it out, or exchange an access token"
                )
            }
            return .apiKeyExchange(subject: APIKey(parsing: subject))
        }
        guard TokenType.isOfAccessToken(type) else {
            throw OAuthError(.invalidRequest, "subject_token_type \(subjectTypes)")
        }
        return .accessTokenExchange(subject: subject, actor: try actor(form))
    }

    /// Token and type come together or not at all (RFC 8693 §2.1).
    private static func actor(_ form: FormParameters) throws(OAuthError) -> [UInt8]? {
        guard let type = form[.actorTokenType] else {
            guard form[.actorToken] == nil else {
                throw OAuthError(.invalidRequest, "actor_token_type is missing: it \(ownType)")
            }
            return nil
        }
        guard let actor = form[.actorToken] else {
            throw OAuthError(
                .invalidRequest,
                "actor_token is missing or empty: send it, or leave actor_token_type out"
            )
        }
        guard TokenType.isOfAccessToken(type) else {
            throw OAuthError(.invalidRequest, "actor_token_type \(ownType)")
        }
        return actor
    }

    private static func audiences(_ form: FormParameters) throws(OAuthError) -> [[UInt8]] {
        let resources = form.all(.resource)
        for resource in resources where !isAbsoluteURI(resource) {
            throw OAuthError(.invalidTarget, "resource must be an absolute URI without a fragment")
        }
        var union: [[UInt8]] = []
        for value in form.all(.audience) + resources where !union.contains(value) {
            union.append(value)
            guard union.count <= maximumAudiences else {
                throw OAuthError(
                    .invalidTarget,
                    "more than \(maximumAudiences) audiences were asked for: ask for fewer"
                )
            }
        }
        return union
    }

    /// RFC 3986 §4.3, as far as RFC 8707 §2 needs it.
    private static func isAbsoluteURI(_ text: [UInt8]) -> Bool {
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")), colon > 0, colon + 1 < text.count else {
            return false
        }
        let isScheme = text[..<colon].enumerated().allSatisfy { index, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"),
                UInt8(ascii: "."):
                index > 0
            default: false
            }
        }
        return isScheme && text.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") }
    }
}
