import Primitives

/// A granted token as the client receives it (RFC 6749 §5.1, RFC 8693 §2.2.1).
package struct TokenResponse: Sendable {
    /// The document as far as it is made: ``opening`` and the JWS compact serialisation.
    private var begun: [UInt8]
    /// Seconds.
    package let expiresIn: Int64
    /// The granted scope as one text; empty when there is none, and then the member is left out.
    package let scope: [UInt8]
    /// Only in an answer to a token exchange.
    package let issuedTokenType: String?
    /// What gets the next access token (RFC 6749 §6).
    package var refreshToken: RefreshToken?

    /// What stands before the token; whoever makes one makes it behind this, so that it is not copied.
    package static let opening = Array("{\"access_token\":\"".utf8)

    /// Bytes that ``takeJSON()`` appends at most.
    ///
    /// - Parameter isExchange: Whether a type and perhaps a refresh token go with the token.
    package static func closingLength(_ scope: [UInt8], isExchange: Bool) -> Int {
        scope.count + (isExchange ? 288 : 72)
    }

    /// - Parameter begun: ``opening``, and the token behind it.
    package init(
        begun: [UInt8],
        expiresIn: Int64,
        scope: [UInt8],
        issuedTokenType: String?,
        refreshToken: RefreshToken? = nil
    ) {
        self.begun = begun
        self.expiresIn = expiresIn
        self.scope = scope
        self.issuedTokenType = issuedTokenType
        self.refreshToken = refreshToken
    }

    /// The JWS compact serialisation.
    package var accessToken: [UInt8] { Array(begun[Self.opening.count...]) }

    /// The JSON document.
    package var json: [UInt8] {
        var copy = self
        return copy.takeJSON()
    }

    /// The JSON document, made of what is here: nothing is left.
    ///
    /// A scope needs no escaping (RFC 6749 §3.3) and neither does a compact JWS.
    package mutating func takeJSON() -> [UInt8] {
        var json: [UInt8] = []
        swap(&json, &begun)
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
