package import OAuth
import Primitives

/// What an authenticated client may learn of a token (RFC 7662 §2.2, §4).
package enum Introspection {
    /// Its own tokens, and with the scope `tokens:introspect` those for one of its audiences.
    package static func mayRead(_ token: AccessToken, _ caller: Client) -> Bool {
        if token.client == caller.id { return true }
        return caller.policy.mayIntrospect && caller.policy.audiences.contains { token.isFor($0.name) }
    }

    /// What a live access token says; the caller has been found to be one who may read it.
    package static func response(_ live: LiveToken) -> IntrospectionResponse {
        let token = live.token
        guard token.claims["active"] != nil || token.payload.first != UInt8(ascii: "{") else {
            return .accessToken(claims: token.payload)
        }
        // A claim of the key's own that would contradict the answer.
        var claims = token.claims
        claims["active"] = nil
        return .accessToken(claims: JSONValue.object(claims).serialized)
    }

    /// What a refresh token says to the client that it was issued to; to everybody else it is inactive.
    ///
    /// Active is the current generation only, not what is answered within the grace.
    package static func response(
        _ presented: RefreshToken,
        of family: RefreshFamily,
        to caller: Client,
        issuer: String,
        secret: RefreshSecret,
        at now: NumericDate
    ) -> IntrospectionResponse {
        guard family.client == caller.id, family.secretID == secret.id,
            secret.isGenuine(presented, nonce: family.nonce), presented.generation == family.generation,
            family.revokedAt == nil, now < family.idleExpiry, now < family.absoluteExpiry
        else { return .inactive }
        let subject = caller.subject.map { String(decoding: $0, as: UTF8.self) }
        var members = JSONObject([
            ("iss", .string(issuer)),
            ("client_id", .string(caller.id.description)),
            ("sub", .string(subject ?? caller.id.description)),
        ])
        let audiences = family.audiences.map(JSONValue.string)
        members["aud"] = audiences.count == 1 ? audiences.first : .array(audiences)
        if !family.scope.isEmpty {
            members["scope"] = .string(String(decoding: ClientPolicy.joined(family.scope), as: UTF8.self))
        }
        members["iat"] = .number(JSONNumber(family.rotatedAt.seconds))
        members["exp"] = .number(JSONNumber(min(family.idleExpiry, family.absoluteExpiry).seconds))
        return .refreshToken(members)
    }
}
