import Testing

extension TokenCall {
    static func actor(_ token: String) -> [(String, String)] {
        [("actor_token", token), ("actor_token_type", "urn:ietf:params:oauth:token-type:jwt")]
    }
}

/// The token of an exchange that must be granted.
func granted(
    _ subject: String,
    by key: MadeKey,
    _ parameters: [(String, String)] = [],
    _ location: SourceLocation = #_sourceLocation
) throws -> String {
    let call = TokenCall(exchangingToken: subject, key: key.secret, parameters)
    let response = try Booth.current.token(call)
    #expect(response.status == 200, "\(response.text)", sourceLocation: location)
    #expect(response.json?["refresh_token"] == nil, sourceLocation: location)
    return try #require(
        response.json?["access_token"]?.string,
        "\(response.text)",
        sourceLocation: location
    )
}

/// An exchange that must be refused.
func refused(
    _ subject: String,
    by key: MadeKey,
    _ parameters: [(String, String)] = [],
    _ error: String = "invalid_request",
    _ location: SourceLocation = #_sourceLocation
) throws {
    let call = TokenCall(exchangingToken: subject, key: key.secret, parameters)
    let response = try Booth.current.token(call)
    #expect(
        response.status == 400 && response.error == error,
        "\(response.text)",
        sourceLocation: location
    )
}
