import Primitives
import Testing

extension TokenCall {
    static let accessTokenType = "urn:ietf:params:oauth:token-type:access_token"

    /// A token for the revocation or the introspection endpoint, authenticated with HTTP Basic when there is a key.
    init(presenting token: String, to endpoint: String, key: String?, _ parameters: [(String, String)] = []) {
        self.parameters = [("token", token)] + parameters
        path = "/oauth2/" + endpoint
        headers = key.map { [Self.basic("", $0)] } ?? []
    }

    /// RFC 8693 with an access token as subject token.
    init(exchangingToken token: String, key: String, _ parameters: [(String, String)] = []) {
        self.parameters =
            [
                ("grant_type", Self.exchange), ("subject_token", token),
                ("subject_token_type", Self.accessTokenType),
            ] + parameters
        headers = [Self.basic("", key)]
    }
}

extension Booth {
    /// An access token, by `client_credentials`.
    func accessToken(
        _ key: MadeKey,
        _ parameters: [(String, String)] = [],
        _ location: SourceLocation = #_sourceLocation
    ) throws -> String {
        let response = try token(TokenCall(key: key.secret, parameters))
        return try #require(
            response.json?["access_token"]?.string,
            "\(response.text)",
            sourceLocation: location
        )
    }

    func introspect(_ token: String, by key: MadeKey, headers: [String] = []) throws -> HTTPResponse {
        var call = TokenCall(presenting: token, to: "introspect", key: key.secret)
        call.headers += headers
        return try self.token(call)
    }

    /// The member `active`, in an answer that is otherwise in order.
    func isActive(_ token: String, for key: MadeKey, _ location: SourceLocation = #_sourceLocation) throws
        -> Bool
    {
        let response = try introspect(token, by: key)
        #expect(response.status == 200, "\(response.text)", sourceLocation: location)
        #expect(response["cache-control"] == "no-store", sourceLocation: location)
        guard let isActive = response.json?["active"]?.bool else {
            Issue.record("\(response.text)", sourceLocation: location)
            return false
        }
        if !isActive { #expect(response.text == #"{"active":false}"#, sourceLocation: location) }
        return isActive
    }

    func revoke(_ token: String, by key: MadeKey?, _ parameters: [(String, String)] = []) throws
        -> HTTPResponse
    {
        try self.token(TokenCall(presenting: token, to: "revoke", key: key?.secret, parameters))
    }

    /// A revocation that must be answered with an empty 200.
    func revoked(
        _ token: String,
        by key: MadeKey?,
        _ parameters: [(String, String)] = [],
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let response = try revoke(token, by: key, parameters)
        #expect(response.status == 200, "\(response.text)", sourceLocation: location)
        #expect(response.body.isEmpty, sourceLocation: location)
        #expect(response["cache-control"] == "no-store", sourceLocation: location)
    }
}
