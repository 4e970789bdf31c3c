import JOSE
import Primitives
import Testing

@Suite("Published keys: RFC 7517, RFC 7518 §6, RFC 8037 §2, RFC 8725 §3.4")
struct JWKTests {
    private static let x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
    private static let y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
    private static let zero = String(repeating: "A", count: 43)

    private static func ec(x: String = x, y: String = y, _ more: String = "") -> String {
        #"{"kty":"EC","crv":"P-256","x":"\#(x)","y":"\#(y)"\#(more)}"#
    }

    private static func encode(_ bytes: [UInt8]) -> String {
        String(decoding: Base64URL.encode(bytes), as: UTF8.self)
    }

    private static func rsa(bytes: Int, last: UInt8 = 0xFF, first: UInt8 = 0xFF, e: String = "AQAB") -> String
    {
        let modulus = [first] + [UInt8](repeating: 0xA5, count: bytes - 2) + [last]
        return #"{"kty":"RSA","n":"\#(encode(modulus))","e":"\#(e)"}"#
    }

    // threats: JWT-10
    @Test(arguments: [
        ec(x: zero, y: zero), ec(x: zero), ec(y: zero), ec(x: y, y: x),
        // One bit of y.
        ec(y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a8"),
        // x = p, and x = 2^256 − 1.
        ec(
            x: encode(
                [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 1] + [UInt8](repeating: 0, count: 12)
                    + [UInt8](repeating: 0xFF, count: 12)
            )
        ), ec(x: encode([UInt8](repeating: 0xFF, count: 32))),
        // Wrong lengths and spellings.
        ec(x: ""), ec(x: "AA"), ec(x: "AA" + x), ec(x: x + "="), ec(x: x + "A"), ec(x: " " + x),
        ec(x: String(x.dropLast())),
        ec(x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEV"),
    ])
    func `a point that is not on P-256, or not in 32 bytes, is refused`(json: String) {
        #expect(throws: JWKError.self) { try JWK(json: json) }
    }

    // threats: JWT-10
    @Test(arguments: [
        #"{"kty":"EC","crv":"P-384","x":"\#(x)","y":"\#(y)"}"#,
        #"{"kty":"EC","crv":"secp256k1","x":"\#(x)","y":"\#(y)"}"#,
        #"{"kty":"EC","crv":"Ed25519","x":"\#(x)","y":"\#(y)"}"#, #"{"kty":"EC","x":"\#(x)","y":"\#(y)"}"#,
        #"{"kty":"OKP","crv":"P-256","x":"\#(x)","y":"\#(y)"}"#, #"{"kty":"OKP","crv":"X25519","x":"\#(x)"}"#,
        #"{"kty":"OKP","crv":"Ed25519"}"#, #"{"kty":"OKP","crv":"Ed25519","x":"AAAA"}"#,
        #"{"kty":"ec","crv":"P-256","x":"\#(x)","y":"\#(y)"}"#, #"{"kty":"oct","k":"AAAA"}"#,
        #"{"kty":"oct"}"#,
        "{\"kty\":\"O\u{212A}P\",\"crv\":\"Ed25519\",\"x\":\"\(x)\"}", #"{"kty":1}"#, "{}", "[]", "null",
        ec(#","alg":"RS256""#), ec(#","alg":"ES384""#), ec(#","alg":"none""#), ec(#","alg":1"#),
        ec(#","use":"enc""#),
        ec(#","use":1"#), ec(#","key_ops":["sign"]"#), ec(#","key_ops":"verify""#), ec(#","kid":1"#),
        ec(#","d":"AA""#), ec(#","k":"AA""#), ec(#","p":null"#),
    ])
    func `another type, curve, use or algorithm, and private members, are refused`(json: String) {
        #expect(throws: JWKError.self) { try JWK(json: json) }
    }

    // threats: JWT-10
    @Test(arguments: [
        rsa(bytes: 64), rsa(bytes: 128), rsa(bytes: 255), rsa(bytes: 256, first: 0x7F), rsa(bytes: 1025),
        rsa(bytes: 2048),
        rsa(bytes: 256, last: 0xFE), rsa(bytes: 256, e: "AQ"), rsa(bytes: 256, e: "AA"),
        rsa(bytes: 256, e: ""),
        rsa(bytes: 256, e: "Ag"), rsa(bytes: 256, e: "AQAA"), rsa(bytes: 256, e: "AAEAAQ"),
        rsa(bytes: 256, e: "AQAAAAAAAAAB"),
        rsa(bytes: 257, first: 0), #"{"kty":"RSA","e":"AQAB"}"#, #"{"kty":"RSA","n":"AQAB"}"#,
    ])
    func `an RSA key that is short, long, even, or has a bad exponent is refused`(json: String) {
        let error = #expect(throws: JWKError.self) { try JWK(json: json) }
        switch error {
        case .weakRSA, .invalidMember: break
        default: Issue.record("refused for another reason: \(error?.description ?? "none")")
        }
    }

    @Test(arguments: [
        ec(), ec(#","alg":"ES256","use":"sig","kid":"a","key_ops":["verify"],"x5c":[],"ext":true"#),
        #"{"kty":"RSA","n":"\#(RFCVectors.rs256Modulus)","e":"AQAB","alg":"PS256"}"#, RFCVectors.ed25519Key,
    ])
    func `a sound key is taken, with or without what is optional`(json: String) throws {
        _ = try JWK(json: json)
    }

    @Test(arguments: JWSAlgorithm.allCases)
    func `a key is published with kty, use, alg and kid, and without its private half`(
        algorithm: JWSAlgorithm
    ) throws {
        let key = try SigningKey.generate(algorithm)
        var json: [UInt8] = []
        key.publicKey.jwk.append(to: &json)
        let object = try #require(try JSONValue(parsing: json).object)
        let numbers = ["kty", "crv", "x", "y", "n", "e"].filter { object[$0] != nil }
        #expect(Set(object.members.map(\.name)) == Set(numbers + ["use", "alg", "kid"]))
        #expect(object["use"]?.string == "sig")
        #expect(object["alg"]?.string == algorithm.rawValue)
        #expect(object["kid"]?.string == key.kid)
        #expect(key.kid == key.publicKey.jwk.thumbprint && key.kid.utf8.count == 43)
    }

    @Test
    func `a set leaves out what is not understood and keeps the rest`() throws {
        let other = try SigningKey.generate(.eddsa).publicKey.jwk
        var json: [UInt8] = []
        other.append(to: &json)
        let text = String(decoding: json, as: UTF8.self)
        let set = try JWKSet(
            parsing: Array(
                #"{"keys":[{"kty":"oct","k":"AA"},1,{"kty":"AKP"},\#(Self.ec(#","kid":"a""#)),\#(Self.ec(x: Self.zero)),\#(text)],"x":1}"#
                    .utf8
            )
        )
        #expect(set.keys.map(\.kid) == ["a", other.kid])
        #expect(set["a"]?.algorithm == .es256)
        #expect(set["b"] == nil)
    }

    // threats: JWT-04
    @Test
    func `two keys with one kid are refused, and two normal forms are two kids`() throws {
        func set(_ first: String, _ second: String) throws -> JWKSet {
            let keys = [Self.ec(#","kid":"\#(first)""#), Self.ec(#","kid":"\#(second)""#)].joined(
                separator: ","
            )
            return try JWKSet(parsing: Array(#"{"keys":[\#(keys)]}"#.utf8))
        }
        #expect(throws: JWKError.self) { try set("a", "a") }
        #expect(throws: JWKError.self) { try set("a", #"\u0061"#) }
        #expect(try set("\u{E9}", "e\u{301}").keys.count == 2)
    }

    @Test(arguments: [
        "", "[]", "{}", #"{"keys":{}}"#, #"{"keys":null}"#, #"{"keys":[]"#, #"{"keys":[],"keys":[]}"#,
    ])
    func `what is no set is refused`(json: String) {
        #expect(throws: JWKError.self) { try JWKSet(parsing: Array(json.utf8)) }
    }

    @Test
    func `an empty set is written and read`() throws {
        #expect(JWKSet([]).serialized == Array(#"{"keys":[]}"#.utf8))
        #expect(try JWKSet(parsing: JWKSet([]).serialized).keys.isEmpty)
    }
}
