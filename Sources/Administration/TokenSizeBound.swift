import AdminAPI
import OAuth
package import Primitives

/// How long an access token of a key could get: an upper bound, from what is fixed when the key is written.
///
/// A token is three parts in base64url with two dots between (RFC 7515 §3.1), n bytes giving ⌈4n/3⌉ characters:
/// the header with an `alg` of at most 5 characters, `typ` `at+jwt` and a `kid` of 43; the claims of RFC 9068
/// §2.2 as JSON without white space, with every scope and audience of the key in one token (the audience of
/// the admin API never stands beside others), dates of 20 digits, a `jti` of 22, identifiers of 30 and a status
/// with an index of 6 digits in a list of 11 characters; the signature. A key without audiences is counted with the longest audience that its project could ever name.
package struct TokenSizeBound: Sendable {
    /// Bytes of the issuer as it stands in JSON, without quotes.
    package var issuerLength: Int
    /// Bytes of the longest signature of all configured algorithms.
    package var signatureLength: Int

    package init(issuerLength: Int, signatureLength: Int) {
        self.issuerLength = issuerLength
        self.signatureLength = signatureLength
    }

    /// Characters of the whole token.
    ///
    /// - Parameters:
    ///   - scopes: Those of its roles too.
    ///   - roles: Names.
    ///   - groups: Names.
    package func length(
        subject: String,
        audiences: [String],
        scopes: [String],
        roles: [String] = [],
        groups: [String] = [],
        claims: JSONObject
    ) -> Int {
        let header = #"{"alg":"","typ":"at+jwt","kid":""}"#.utf8.count + 5 + 43
        let frame =
            #"{"iss":"","sub":,"aud":,"client_id":"","iat":,"exp":,"jti":"","token_type":"Bearer","project":""}"#
        var payload = frame.utf8.count + issuerLength + Self.json(.string(subject)) + 30 + 20 + 20 + 22 + 30
        payload += audienceLength(audiences) + statusLength
        // `"scope":"a b c",` and the members of the claims, with a comma instead of the two braces.
        if !scopes.isEmpty {
            payload += #""scope":"","#.utf8.count + scopes.reduce(-1) { $0 + $1.utf8.count + 1 }
        }
        for (member, names) in [(#""roles":,"#, roles), (#""groups":,"#, groups)] where !names.isEmpty {
            payload += member.utf8.count + Self.json(.array(names.map(JSONValue.string)))
        }
        if !claims.members.isEmpty { payload += Self.json(.object(claims)) - 1 }
        return Self.base64(header) + 1 + Self.base64(payload) + 1 + Self.base64(signatureLength)
    }

    private var statusLength: Int {
        #","status":{"status_list":{"idx":,"uri":"/oauth2/status-lists/"}}"#.utf8.count + 6 + issuerLength
            + 11
    }

    private func audienceLength(_ audiences: [String]) -> Int {
        guard !audiences.isEmpty else { return max(AudienceMessage.maximumLength, issuerLength) + 2 }
        let together = audiences.filter { !isAdministration($0) }
        guard together.count > 1 else { return audiences.map { Self.json(.string($0)) }.max() ?? 0 }
        return Self.json(.array(together.map(JSONValue.string)))
    }

    private static func json(_ value: JSONValue) -> Int { value.serialized.count }

    private static func base64(_ count: Int) -> Int { (count * 4 + 2) / 3 }
}
