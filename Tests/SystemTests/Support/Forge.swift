import JOSE
import Primitives
import Testing

/// Whoever has a booth's signing key, and makes with it what the booth itself never would.
struct Forge {
    let key: SigningKey

    init(_ booth: Booth) throws {
        let name = try #require(booth.directory.files().first { $0.hasPrefix("keys/signing-ES256-") })
        key = try SigningKey(pem: booth.directory.bytes(of: name), algorithm: .es256)
    }

    /// Any header over any claims, rightly signed.
    func token(header: String, claims: String, key other: SigningKey? = nil) throws -> [UInt8] {
        var token = CompactJWS.signingInput(header: Array(header.utf8), payload: Array(claims.utf8))
        try SigningContext(other ?? key).signAppending(&token)
        return token
    }

    /// The header of our own tokens, with a member replaced, added or, for `nil`, left out.
    func header(_ name: String = "typ", _ value: String? = #""at+jwt""#) -> String {
        var members = [("alg", #""ES256""#), ("typ", #""at+jwt""#), ("kid", "\"\(key.kid)\"")]
        members.removeAll { $0.0 == name }
        if let value { members.append((name, value)) }
        return "{" + members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
    }

    /// The claims of a token.
    static func claims(of token: String) throws -> JSONObject {
        try #require(JSONValue(parsing: CompactJWS(parsing: Array(token.utf8)).payload).object)
    }

    /// The claims with one of them replaced by JSON text, added or, for `nil`, left out.
    static func text(_ claims: JSONObject, _ name: String = "", _ value: String? = nil) -> String {
        var members = claims.members.filter { $0.name != name }.map { member in
            "\"\(member.name)\":" + String(decoding: member.value.serialized, as: UTF8.self)
        }
        if let value { members.append("\"\(name)\":\(value)") }
        return "{" + members.joined(separator: ",") + "}"
    }
}
