package import OAuth
import Primitives

/// What is the same in every token of one policy and one choice of audience and scope (RFC 9068 §2.2).
package final class TokenShape: Sendable {
    /// The JOSE header `typ`.
    package let type: String
    /// The JWS algorithm, `nil` for the server's default.
    package let algorithm: String?
    /// The granted scope as one text, or empty.
    package let scope: [UInt8]
    /// The JSON claims from the opening brace up to where the client's own begin, comma included.
    package let claims: [UInt8]
    /// Whether more tokens of this very shape are to come: then what is made of it is worth keeping.
    let isLasting: Bool

    /// - Parameters:
    ///   - audiences: At least one; their types and algorithms agree.
    ///   - claims: Members of the key's own, without braces, or empty.
    ///   - isLasting: Whether a policy holds it, and not one request.
    package init(
        issuer: String,
        audiences: [AudienceRecord],
        scope: [UInt8],
        project: ProjectID,
        claims: [UInt8],
        isLasting: Bool = false
    ) {
        self.isLasting = isLasting
        type = audiences.first?.type ?? "at+jwt"
        algorithm = audiences.first?.algorithm
        self.scope = scope
        var json: [UInt8] = []
        json.append(ascii: "{\"iss\":")
        JSONText.appendString(issuer, to: &json)
        json.append(ascii: ",\"aud\":")
        Self.append(audiences, to: &json)
        if !scope.isEmpty {
            json.append(ascii: ",\"scope\":\"")
            json += scope
            json.append(ascii: "\"")
        }
        json.append(ascii: ",\"token_type\":\"Bearer\",\"project\":\"")
        json.append(utf8: project.description)
        json.append(ascii: "\",")
        if !claims.isEmpty {
            json += claims
            json.append(ascii: ",")
        }
        self.claims = json
    }

    /// One audience is a string, several are an array (RFC 7519 §4.1.3).
    private static func append(_ audiences: [AudienceRecord], to json: inout [UInt8]) {
        if audiences.count == 1, let only = audiences.first {
            JSONText.appendString(only.name, to: &json)
            return
        }
        json.append(ascii: "[")
        for (index, audience) in audiences.enumerated() {
            if index > 0 { json.append(ascii: ",") }
            JSONText.appendString(audience.name, to: &json)
        }
        json.append(ascii: "]")
    }
}
