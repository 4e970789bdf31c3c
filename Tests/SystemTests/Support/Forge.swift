import JOSE
import Primitives
import Testing

/// Whoever has a booth's signing key, and makes with it what the booth itself never would.
struct Forge {
    let key: SigningKey
    /// The root key's `client_id`.
    let root: String

    init(_ booth: Booth) throws {
        let token = try booth.token(TokenCall(key: booth.rootKey)).json?["access_token"]?.string ?? ""
        let kid = try #require(CompactJWS(parsing: Array(token.utf8)).kid)
        root = try #require(Self.claims(of: token)["client_id"]?.string)
        let pem = booth.directory.bytes(of: "keys/signing-ES256-\(kid).pem")
        key = try SigningKey(pem: pem, algorithm: .es256)
    }

    /// A key that is published already and signs nothing yet.
    func pendingKey(of booth: Booth) throws -> SigningKey {
        let name = booth.directory.files().first { name in
            name.hasPrefix("keys/signing-ES256-") && !name.contains(key.kid)
        }
        return try SigningKey(pem: booth.directory.bytes(of: try #require(name)), algorithm: .es256)
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

    /// A claim `act` of this many actors, each within the next (RFC 8693 §4.1).
    static func actors(_ count: Int) -> String {
        (1..<count).reduce(#"{"sub":"a"}"#) { inner, _ in "{\"sub\":\"a\",\"act\":\(inner)}" }
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
