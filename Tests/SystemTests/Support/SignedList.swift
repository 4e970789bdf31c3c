import JOSE
import Primitives
import Testing

/// A signed list of the booth, verified with the keys that it publishes.
struct SignedList {
    let response: HTTPResponse
    let claims: JSONObject

    /// - Parameter address: Of a `uri` or `next`; it must be the list's `sub`, byte for byte.
    init(_ address: String, type: String = "statuslist+jwt", of booth: Booth) throws {
        let path = try #require(
            address.hasPrefix(booth.issuer) ? String(address.dropFirst(booth.issuer.count)) : nil
        )
        response = try booth.get(booth.basePath + path)
        #expect(response.status == 200 && response["content-type"] == "application/\(type)")
        #expect(response["cache-control"] == "no-cache" && response["access-control-allow-origin"] == "*")
        let jws = try CompactJWS(parsing: response.body, maximumSize: 4_000_000)
        #expect(jws.type == type)
        let keys = try JWKSet(parsing: booth.get(booth.basePath + "/oauth2/jwks").body)
        let key = try #require(jws.kid.flatMap { keys[$0] })
        claims = try #require(JSONValue(parsing: jws.verified(by: VerificationKey(key)).payload).object)
        #expect(claims["iss"]?.string == booth.issuer && claims["sub"]?.string == address)
        let issuedAt = try #require(claims["iat"]?.integer)
        #expect(claims["exp"]?.integer == issuedAt + 300)
    }
}

/// The claim `status` of an access token.
struct StatusClaim {
    let uri: String
    let index: Int

    /// - Parameter claims: Of an access token.
    init(_ claims: JSONObject) throws {
        let list = try #require(claims["status"]?.object?["status_list"]?.object)
        #expect(Set(list.members.map(\.name)) == ["idx", "uri"])
        uri = try #require(list["uri"]?.string)
        index = try #require(list["idx"]?.integer.map { Int($0) })
    }

    /// Its two bits, as a verifier would read them.
    func value(in list: SignedList) throws -> UInt8 {
        let status = try #require(list.claims["status_list"]?.object)
        #expect(status["bits"]?.integer == 2)
        let text = try #require(status["lst"]?.string)
        let compressed = try #require(Base64URL.decode(Array(text.utf8)[...]))
        let bytes = try #require(Zlib.decompress(compressed, limit: 1 << 20))
        #expect(bytes.count == 32_768)
        return try #require(bytes.indices.contains(index / 4) ? bytes[index / 4] : nil) >> (index % 4 * 2) & 3
    }

    func value(of booth: Booth) throws -> UInt8 { try value(in: SignedList(uri, of: booth)) }
}
