import OAuth
import Primitives
import Testing

@Suite("Token endpoint, unsupported_grant_type: RFC 6749 §5.2", .serialized, .booth)
struct UnsupportedGrantType {
    // threats: TOK-05
    @Test(arguments: [
        "password", "implicit", "authorization_code", "foo", "Client_Credentials", "CLIENT_CREDENTIALS",
        "client_credentials ",
        " client_credentials", "client_credentials\u{301}", "client\u{5F}credential",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "refresh_token ", "Refresh_Token", "refresh",
    ])
    func `a grant type that is not ours to the byte is refused`(type: String) throws {
        let booth = try Booth.current
        var call = TokenCall(key: try booth.makeKey().secret)
        call.parameters = [("grant_type", type)]
        let response = try booth.token(call)
        #expect(response.status == 400 && response.error == "unsupported_grant_type", "\(response.text)")
    }

    /// RFC 6749 §5.2 and its extensions: no code is only declared.
    @Test
    func `every error code can be provoked`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey("\"grant_types\":[\"client_credentials\"]").secret
        let other = try booth.makeKey("\"grant_types\":[\"refresh_token\"]").secret
        for code in OAuthError.Code.allCases {
            let call =
                switch code {
                case .invalidRequest: TokenCall(body: "")
                case .invalidClient: TokenCall()
                case .invalidGrant: TokenCall(refreshing: "tbr_x", key: other)
                case .invalidScope: TokenCall(key: key, [("scope", "none")])
                case .invalidTarget: TokenCall(key: key, [("audience", "urn:none")])
                case .unauthorizedClient: TokenCall(exchanging: key)
                case .unsupportedGrantType: TokenCall(body: "grant_type=password", key: key)
                case .unsupportedTokenType: TokenCall(presenting: key, to: "revoke", key: key)
                }
            #expect(try booth.token(call).error == code.rawValue)
        }
    }
}
