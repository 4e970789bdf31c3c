package import Primitives

/// What a key's own claims may be (RFC 9068 §2.2: beside those that the server sets).
package enum ClaimRules {
    /// Bytes of the object, serialized.
    package static let maximumBytes = 2048

    /// Names that the server sets, or that verifiers give a meaning.
    package static let reserved = [
        "iss", "sub", "aud", "exp", "nbf", "iat", "jti", "client_id", "scope", "token_type", "roles",
        "groups",
        "entitlements", "project", "act", "may_act", "cnf", "status", "azp", "sid", "acr", "amr", "auth_time",
        "nonce", "typ",
    ]

    /// - Returns: No mistake, when `claims` may stand in a token.
    package static func mistakes(in claims: JSONObject) -> [FieldMistake] {
        var mistakes: [FieldMistake] = []
        for (name, _) in claims.members where reserved.contains(where: { bytesEqual($0, name) }) {
            mistakes.append(
                FieldMistake("/claims/\(pointerToken(name))", "is a claim that the server sets itself")
            )
        }
        if JSONValue.object(claims).serialized.count > maximumBytes {
            mistakes.append(FieldMistake("/claims", "must have at most \(maximumBytes) bytes"))
        }
        return mistakes
    }
}
