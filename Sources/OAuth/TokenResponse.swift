import Primitives

/// A granted token as the client receives it (RFC 6749 §5.1, RFC 8693 §2.2.1).
package struct TokenResponse: Sendable {
    /// The JWS compact serialisation.
    package let accessToken: [UInt8]
    /// Seconds.
    package let expiresIn: Int64
    /// The granted scope as one text; empty when there is none, and then the member is left out.
    package let scope: [UInt8]
    /// Only in an answer to a token exchange.
    package let issuedTokenType: String?
    /// What gets the next access token (RFC 6749 §6).
    package var refreshToken: RefreshToken?

    package init(
        accessToken: [UInt8],
        expiresIn: Int64,
        scope: [UInt8],
        issuedTokenType: String?,
        refreshToken: RefreshToken? = nil
    ) {
        self.accessToken = accessToken
        self.expiresIn = expiresIn
        self.scope = scope
        self.issuedTokenType = issuedTokenType
        self.refreshToken = refreshToken
    }

    /// The JSON document.
    ///
    /// A scope needs no escaping (RFC 6749 §3.3) and neither does a compact JWS.
    package var json: [UInt8] {
        var json: [UInt8] = []
        json.reserveCapacity(accessToken.count + scope.count + 288)
        json.append(ascii: "{\"access_token\":\"")
        json += accessToken
        json.append(ascii: "\",\"token_type\":\"Bearer\",\"expires_in\":")
        JSONText.appendInteger(expiresIn, to: &json)
        if !scope.isEmpty {
            json.append(ascii: ",\"scope\":\"")
            json += scope
            json.append(ascii: "\"")
        }
        if let issuedTokenType {
            json.append(ascii: ",\"issued_token_type\":\"")
            json.append(utf8: issuedTokenType)
            json.append(ascii: "\"")
        }
        if let refreshToken {
            json.append(ascii: ",\"refresh_token\":\"")
            json += refreshToken.secret
            json.append(ascii: "\"")
        }
        json.append(ascii: "}")
        return json
    }
}

extension OAuthError {
    /// The JSON document of RFC 6749 §5.2.
    package var json: [UInt8] {
        OAuthError.json(error: code.rawValue, description: description)
    }

    /// The same form for what is no refusal: `temporarily_unavailable`, `server_error`.
    package static func json(error: String, description: String) -> [UInt8] {
        var json: [UInt8] = []
        json.append(ascii: "{\"error\":")
        JSONText.appendString(error, to: &json)
        json.append(ascii: ",\"error_description\":")
        JSONText.appendString(description, to: &json)
        json.append(ascii: "}")
        return json
    }
}
