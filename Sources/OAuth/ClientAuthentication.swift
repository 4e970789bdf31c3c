import Primitives

/// How a request says who asks (RFC 6749 §2.3, RFC 6750 §2.1): at most one method, and what it carried.
package struct ClientAuthentication: Sendable {
    /// The API key, or `nil` when what was sent cannot be one; the request is then refused like an unknown key.
    package let key: APIKey?
    /// The Basic user name, when it was not empty.
    package let userName: [UInt8]?

    /// Reads the one method that a request uses.
    ///
    /// - Parameters:
    ///   - authorization: Every value of the header field `Authorization`.
    ///   - apiKeyHeader: Every value of the header field `X-API-Key`.
    ///   - form: The body's parameters, for `client_secret`.
    /// - Returns: `nil` when the request carries no credential.
    /// - Throws: `invalid_request` for more than one method, or an API key where a name belongs in the body;
    ///   `invalid_client` for an API key as the Basic user name.
    package static func find(
        authorization: [String],
        apiKeyHeader: [String],
        form: FormParameters
    ) throws(OAuthError) -> ClientAuthentication? {
        guard form[.clientAssertion] == nil, form[.clientAssertionType] == nil else {
            throw OAuthError(
                .invalidRequest,
                "client_assertion is not supported: send the API key with HTTP Basic or as client_secret"
            )
        }
        let secret = form[.clientSecret]
        guard authorization.count + apiKeyHeader.count + (secret == nil ? 0 : 1) <= 1 else {
            throw OAuthError(.invalidRequest, "more than one client authentication method was used: send one")
        }
        if let clientID = form[.clientID], APIKey.resembles(clientID) {
            throw OAuthError(
                .invalidRequest,
                "client_id is the public key id (key_...): send the API key as client_secret"
            )
        }
        if let secret { return ClientAuthentication(key: APIKey(parsing: secret)) }
        if let value = apiKeyHeader.first {
            return ClientAuthentication(key: APIKey(parsing: Array(value.utf8)))
        }
        guard let value = authorization.first else { return nil }
        return try ClientAuthentication(authorization: Array(value.utf8))
    }

    private init(key: APIKey?, userName: [UInt8]? = nil) {
        self.key = key
        self.userName = userName
    }

    /// Reads one `Authorization` value: Basic (RFC 7617), Bearer (RFC 6750 §2.1), or the bare API key.
    package init(authorization value: [UInt8]) throws(OAuthError) {
        if let encoded = Self.parameter(of: value, scheme: "basic") {
            try self.init(basic: encoded)
        } else if let token = Self.parameter(of: value, scheme: "bearer") {
            self.init(key: APIKey(parsing: Array(token)))
        } else {
            self.init(key: APIKey(parsing: value))
        }
    }

    private init(basic encoded: ArraySlice<UInt8>) throws(OAuthError) {
        guard let pair = Base64.decode(encoded), let colon = pair.firstIndex(of: UInt8(ascii: ":")),
            let user = try? FormParameters.decode(pair[..<colon]),
            let password = try? FormParameters.decode(pair[(colon + 1)...])
        else {
            self.init(key: nil)
            return
        }
        guard !APIKey.resembles(user) else {
            throw OAuthError(
                .invalidClient,
                "the API key is the password of HTTP Basic: the user name is the key id or empty"
            )
        }
        self.init(key: APIKey(parsing: password), userName: user.isEmpty ? nil : user)
    }

    /// What follows an authentication scheme; its name is compared without case (RFC 9110 §11.1).
    static func parameter(of value: [UInt8], scheme: StaticString) -> ArraySlice<UInt8>? {
        let length = scheme.utf8CodeUnitCount
        guard value.count > length, value[length] == UInt8(ascii: " ") else { return nil }
        let isSame = unsafe UnsafeBufferPointer(start: scheme.utf8Start, count: length)
            .elementsEqual(value[..<length]) { $0 == $1 | 0x20 }
        guard isSame else { return nil }
        return value[length...].drop { $0 == UInt8(ascii: " ") }
    }
}
