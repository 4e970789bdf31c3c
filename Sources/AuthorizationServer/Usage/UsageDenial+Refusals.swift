package import OAuth

extension UsageDenial {
    /// What a refusal is counted as.
    ///
    /// - Parameter client: Whose API key was sent.
    package init(_ error: OAuthError, of client: Client, at now: NumericDate) {
        switch error.code {
        case .invalidClient:
            if !client.isEnabled {
                self = .disabled
            } else if let expiresAt = client.expiresAt, now >= expiresAt {
                self = .expired
            } else {
                self = .notAllowed
            }
        case .unauthorizedClient: self = .unauthorizedClient
        case .invalidScope: self = .invalidScope
        case .invalidTarget: self = .invalidTarget
        case .invalidGrant: self = .invalidGrant
        case .invalidRequest, .unsupportedGrantType, .unsupportedTokenType: self = .invalidRequest
        }
    }
}
