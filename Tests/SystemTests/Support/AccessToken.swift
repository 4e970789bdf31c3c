import Foundation
import JOSE
import OAuth
import Primitives
import Testing

/// The access token of an answer, verified against the keys that the booth publishes.
struct AccessToken {
    let claims: JSONObject

    init(_ response: HTTPResponse, of booth: Booth) throws {
        let token = try #require(response.json?["access_token"]?.string, "\(response.text)")
        let jws = try CompactJWS(parsing: Array(token.utf8))
        #expect(jws.type == "at+jwt")
        let keys = try JWKSet(parsing: booth.get("/oauth2/jwks").body)
        let key = try #require(jws.kid.flatMap { keys[$0] })
        let payload = try jws.verified(by: VerificationKey(key)).payload
        claims = try #require(JSONValue(parsing: payload).object)
    }

    static func unverifiedClaims(_ response: HTTPResponse) throws -> JSONObject {
        let token = try #require(response.json?["access_token"]?.string, "\(response.text)")
        return try #require(JSONValue(parsing: CompactJWS(parsing: Array(token.utf8)).payload).object)
    }
}

enum Timestamp {
    /// RFC 3339, in UTC.
    static func text(_ unixTime: Int64) -> String {
        Date(timeIntervalSince1970: TimeInterval(unixTime)).formatted(.iso8601)
    }
}
