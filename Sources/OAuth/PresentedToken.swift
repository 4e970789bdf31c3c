/// A request that is about one token: to revoke it (RFC 7009 §2.1), or to ask what it is (RFC 7662 §2.1).
package struct PresentedToken: Sendable {
    /// Whatever it is.
    package let token: [UInt8]
    /// The token is said to be an API key; every other hint is ignored, for the forms tell themselves apart.
    package let isHintedAsAPIKey: Bool
    package let authentication: ClientAuthentication?
    /// `client_id` of the body.
    package let clientID: [UInt8]?

    /// - Parameters:
    ///   - form: The body's parameters.
    ///   - authorization: Every value of `Authorization`.
    ///   - apiKeyHeader: Every value of `X-API-Key`.
    /// - Throws: `invalid_request` without a token, and for more than one way to authenticate; `invalid_client` for
    ///   an API key as the Basic user name.
    package init(
        form: FormParameters,
        authorization: [String],
        apiKeyHeader: [String]
    ) throws(OAuthError) {
        guard let token = form[.token] else {
            throw OAuthError(.invalidRequest, "token is missing or empty: send the one that it is about")
        }
        self.token = token
        isHintedAsAPIKey = form[.tokenTypeHint]?.elementsEqual(TokenType.apiKey.utf8) ?? false
        authentication = try ClientAuthentication.find(
            authorization: authorization,
            apiKeyHeader: apiKeyHeader,
            form: form
        )
        clientID = form[.clientID]
    }
}
