import Foundation
import JOSE
import Primitives
import TestSupport
import Testing

/// Tokens that nobody must accept, each made from one that everybody does.
struct Forgeries {
    /// What was done to it.
    typealias Forgery = (name: String, token: [UInt8])

    let forge: Forge
    let genuine: String
    let claims: JSONObject
    let now = Int64(Date().timeIntervalSince1970)
    /// Seconds past its `exp` in which a token is taken.
    let leeway: Int64
    /// Of the reader, if it takes only tokens that are for itself.
    let audience: String?

    init(_ forge: Forge, of genuine: String, leeway: Int64 = 0, audience: String? = nil) throws {
        self.forge = forge
        self.leeway = leeway
        self.audience = audience
        self.genuine = genuine
        claims = try Forge.claims(of: genuine)
    }

    /// The same claims signed once more: a token that is accepted, so that the others are refused for what they are.
    func control() throws -> [UInt8] { try forge.token(header: forge.header(), claims: Forge.text(claims)) }

    func all() throws -> [Forgery] { try everywhere() + atTheIssuer() }

    /// What is refused by whoever checks a token.
    func everywhere() throws -> [Forgery] {
        try headers() + keys() + unsigned() + signatures() + claimsOfWrongForm() + spellings() + times()
            + names()
    }

    func header(_ name: String, _ values: [String?]) throws -> [Forgery] {
        try values.map { value in
            let token = try forge.token(header: forge.header(name, value), claims: Forge.text(claims))
            return ("header \(name): \(value ?? "absent")", token)
        }
    }

    // JWT-01, 03, 04, 06, 17, 18
    private func headers() throws -> [Forgery] {
        let long = "\"" + String(repeating: "k", count: 4_000) + "\""
        return try header(
            "alg",
            [
                nil, #""none""#, #""None""#, #""NONE""#, #""""#, "null", "0", "[]", #""HS256""#, #""es256""#,
                #""ES256K""#, #""ES521""#, #""RS256""#, #""PS256""#, #""EdDSA""#,
            ]
        )
            + header(
                "kid",
                [
                    nil, "1", "[]", "null", #""unknown""#, #""../../../../dev/null""#,
                    #""/proc/self/environ""#,
                    #""' UNION SELECT 'x""#, #""x;id""#, #""\u0000""#, long, "\"\(forge.key.kid)\u{301}\"",
                ]
            )
            + header(
                "typ",
                [
                    nil, #""AT+JWT""#, #""jwt""#, #""dpop+jwt""#, #""statuslist+jwt""#,
                    #""token-introspection+jwt""#, #""revocations+jwt""#, "1", "null",
                ]
            )
            + header("crit", [#"["x"]"#, "[]", #""alg""#, #"["b64"]"#, "null"])
            + header("b64", ["false"]) + header("cty", [#""JWT""#]) + header("zip", [#""DEF""#])
            + header("enc", [#""A128GCM""#])
    }

    // JWT-03, 05, 22
    private func keys() throws -> [Forgery] {
        let (stranger, text) = (try SigningKey.generate(.es256), Forge.text(claims))
        var jwk: [UInt8] = []
        stranger.publicKey.jwk.append(to: &jwk)
        let embedded = String(decoding: jwk, as: UTF8.self)
        var forgeries: [Forgery] = []
        for (name, member) in [
            ("jwk", embedded), ("jku", #""http://127.0.0.1:9/jwks""#), ("x5u", #""http://127.0.0.1:9/x""#),
            ("x5c", #"["AAAA"]"#), ("x5t", #""AAAA""#),
        ] {
            forgeries.append(
                (
                    "another key in \(name)",
                    try forge.token(header: forge.header(name, member), claims: text, key: stranger)
                )
            )
        }
        let own = #"{"alg":"ES256","typ":"at+jwt","kid":"\#(stranger.kid)"}"#
        forgeries.append(
            ("a key that is not published", try forge.token(header: own, claims: text, key: stranger))
        )
        for algorithm in [JWSAlgorithm.eddsa, .rs256, .ps256] {
            let other = try SigningKey.generate(algorithm)
            for alg in [algorithm.rawValue, "ES256"] {
                let header = forge.header("alg", "\"\(alg)\"")
                forgeries.append(
                    (
                        "\(algorithm.rawValue) as \(alg)",
                        try forge.token(header: header, claims: text, key: other)
                    )
                )
            }
        }
        return forgeries
    }

    // JWT-01, 02
    private func unsigned() throws -> [Forgery] {
        let tokens = UnsignedTokens(claims: Forge.text(claims)) { forge.header("alg", $0) }
        let signature = try #require(genuine.split(separator: ".").last)
        return tokens.withoutSignature(or: String(signature)) + tokens.withMAC(under: forge.key.publicKey)
    }

    // JWT-11, 16, 20
    private func signatures() throws -> [Forgery] {
        let parts = genuine.split(separator: ".").map(String.init)
        let input = Array("\(parts[0]).\(parts[1])".utf8)
        let good = Base64URL.decode(Array(parts[2].utf8)[...]) ?? []
        let zero = [UInt8](repeating: 0, count: 32)
        let ones = [UInt8](repeating: 0xFF, count: 32)
        let forged: [(String, [UInt8])] = [
            ("zeros", zero + zero), ("ones", ones + ones), ("r = 0", zero + good[32...]),
            ("s = 0", good[..<32] + zero), ("swapped", Array(good[32...] + good[..<32])),
            ("short", Array(good.dropLast())),
            ("long", good + [0]), ("half", Array(good[..<32])),
        ]
        var forgeries: [Forgery] = forged.map { name, signature in
            ("signature: \(name)", CompactJWS.compact(signingInput: input, signature: signature))
        }
        forgeries += [
            ("no signature", input), ("an empty signature", input + Array(".".utf8)),
        ]
        for subject in ["", forge.root] {
            let claims = encoded(Forge.text(claims, "sub", "\"\(subject)\""))
            forgeries.append(("the subject '\(subject)'", Array("\(parts[0]).\(claims).\(parts[2])".utf8)))
        }
        let other = try String(
            decoding: forge.token(header: forge.header(), claims: Forge.text(claims, "x", "1")),
            as: UTF8.self
        ).split(separator: ".")
        forgeries.append(("another's claims", Array("\(parts[0]).\(other[1]).\(parts[2])".utf8)))
        forgeries.append(("another's signature", Array("\(parts[0]).\(parts[1]).\(other[2])".utf8)))
        let bytes = Array(genuine.utf8)
        for index in stride(from: 0, to: bytes.count, by: 7) {
            var flipped = bytes
            flipped[index] ^= 1
            forgeries.append(("bit flipped in byte \(index)", flipped))
            forgeries.append(("cut to \(index) bytes", Array(bytes[..<index])))
        }
        return forgeries.filter { !$0.token.isEmpty }
    }

    func encoded(_ text: String) -> String {
        String(decoding: Base64URL.encode(Array(text.utf8)), as: UTF8.self)
    }
}
