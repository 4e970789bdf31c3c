/// What a request shows at a protected resource (RFC 6750 §2.1): at most one credential.
package enum BearerCredential: Sendable {
    /// Nothing, or an authentication scheme that is not ours (RFC 6750 §3.1).
    case missing
    /// Not to be accepted, whatever it says; the reason is for the log.
    case unusable(reason: String)
    /// What was sent as an access token.
    case token([UInt8])
    /// `nil` for what only looks like one.
    case apiKey(APIKey?)

    /// - Parameters:
    ///   - authorization: Every value of the header field `Authorization`.
    ///   - apiKeyHeader: Every value of the header field `X-API-Key`, which means nothing unless API keys are allowed.
    package init(authorization: [String], apiKeyHeader: [String], allowsAPIKey: Bool) {
        let keys = allowsAPIKey ? apiKeyHeader : []
        guard authorization.count + keys.count <= 1 else {
            self = .unusable(reason: "more than one credential")
            return
        }
        if let key = keys.first {
            self = .apiKey(APIKey(parsing: Array(key.utf8)))
            return
        }
        guard let value = authorization.first.map({ Array($0.utf8) }) else {
            self = .missing
            return
        }
        guard let sent = ClientAuthentication.parameter(of: value, scheme: "bearer").map({ Array($0) }) else {
            self = APIKey.resembles(value) ? .unusable(reason: "an API key without Bearer") : .missing
            return
        }
        guard APIKey.resembles(sent) else {
            self = .token(sent)
            return
        }
        self =
            allowsAPIKey ? .apiKey(APIKey(parsing: sent)) : .unusable(reason: "API keys are not allowed here")
    }
}
