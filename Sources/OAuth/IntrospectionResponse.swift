package import Primitives

/// What is said of a token to whoever may know (RFC 7662 §2.2).
package enum IntrospectionResponse: Sendable {
    /// The one answer about everything that is not alive, or not for the caller to see.
    case inactive
    /// - Parameter claims: A JSON object, as it was signed.
    case accessToken(claims: [UInt8])
    case refreshToken(JSONObject)

    package var isActive: Bool {
        if case .inactive = self { false } else { true }
    }

    package var json: [UInt8] {
        var json: [UInt8] = []
        switch self {
        case .inactive: json.append(ascii: "{\"active\":false}")
        case .accessToken(let claims):
            json.reserveCapacity(claims.count + 16)
            json.append(ascii: "{\"active\":true,")
            json += claims.dropFirst()
        case .refreshToken(var members):
            members.members.insert((name: "active", value: .bool(true)), at: 0)
            members["token_use"] = .string("refresh_token")
            members.serialize(to: &json)
        }
        return json
    }

    /// The claims of the signed form (RFC 9701 §5).
    ///
    /// - Parameters:
    ///   - reader: `client_id` of whoever asked: nobody else is to believe it.
    package func claims(issuer: String, reader: KeyID, at now: NumericDate) -> [UInt8] {
        var claims: [UInt8] = []
        claims.append(ascii: "{\"iss\":")
        JSONText.appendString(issuer, to: &claims)
        claims.append(ascii: ",\"aud\":")
        JSONText.appendString(reader.description, to: &claims)
        claims.append(ascii: ",\"iat\":")
        JSONText.appendInteger(now.seconds, to: &claims)
        claims.append(ascii: ",\"token_introspection\":")
        claims += json
        claims.append(ascii: "}")
        return claims
    }

    /// `typ` of the signed form, and the subtype of its media type (RFC 9701 §4, §5).
    package static let signedType = "token-introspection+jwt"
}
