import OAuth

/// What a client has sent, on its way to the log.
enum LoggedText {
    /// - Returns: A scope token, unless a secret may hide in it.
    static func scope(_ token: [UInt8]) -> String {
        if APIKey.mayOccur(in: token) { return "an API key" }
        if RefreshToken.mayOccur(in: token) { return "a refresh token" }
        return String(decoding: token.prefix(64), as: UTF8.self)
    }
}
