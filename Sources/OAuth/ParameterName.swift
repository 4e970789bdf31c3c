/// The registered parameters that the endpoints read (IANA "OAuth Parameters").
package enum ParameterName: Sendable, CaseIterable {
    case grantType, clientID, clientSecret, scope, audience, resource, refreshToken
    case subjectToken, subjectTokenType, actorToken, actorTokenType, requestedTokenType
    case clientAssertion, clientAssertionType
    case token, tokenTypeHint

    /// As it stands in the form.
    package var text: String {
        switch self {
        case .grantType: "grant_type"
        case .clientID: "client_id"
        case .clientSecret: "client_secret"
        case .scope: "scope"
        case .audience: "audience"
        case .resource: "resource"
        case .refreshToken: "refresh_token"
        case .subjectToken: "subject_token"
        case .subjectTokenType: "subject_token_type"
        case .actorToken: "actor_token"
        case .actorTokenType: "actor_token_type"
        case .requestedTokenType: "requested_token_type"
        case .clientAssertion: "client_assertion"
        case .clientAssertionType: "client_assertion_type"
        case .token: "token"
        case .tokenTypeHint: "token_type_hint"
        }
    }

    /// RFC 8693 §2.1 and RFC 8707 §2 let these two stand more than once.
    package var mayRepeat: Bool { self == .audience || self == .resource }

    private static let spellings = allCases.map { (name: $0, bytes: Array($0.text.utf8)) }

    /// Names are compared as bytes and are flat: `scope[a]` is an unknown name, never a nested value.
    package init?(bytes: ArraySlice<UInt8>) {
        for (name, spelling) in Self.spellings where spelling[...] == bytes {
            self = name
            return
        }
        return nil
    }
}
