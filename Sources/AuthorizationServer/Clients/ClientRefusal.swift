package import OAuth

/// The one refusal of a credential: who sends it cannot tell which of the causes it was.
package enum ClientRefusal {
    package static let description =
        "client authentication failed: unknown, expired, disabled or not allowed from here"

    /// Stands for a key that does not exist: leaving the identifier out would take a measurably shorter time.
    private static let nobody = KeyID(ULID(high: 0, low: 0))

    package static func error(_ cause: String, of client: Client?) -> OAuthError {
        OAuthError(.invalidClient, description, detail: "\(cause): \(client?.id ?? nobody)")
    }
}

/// What a client has sent, on its way to the log.
enum LoggedText {
    /// - Returns: A scope token, unless a secret may hide in it.
    static func scope(_ token: [UInt8]) -> String {
        if APIKey.mayOccur(in: token) { return "an API key" }
        if RefreshToken.mayOccur(in: token) { return "a refresh token" }
        return String(decoding: token.prefix(64), as: UTF8.self)
    }
}
