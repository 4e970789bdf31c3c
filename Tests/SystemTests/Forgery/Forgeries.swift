import Foundation
import JOSE
import Primitives
import Testing

/// Tokens that nobody must accept, each made from one that everybody does.
struct Forgeries {
    /// What was done to it.
    typealias Forgery = (name: String, token: [UInt8])

    private let forge: Forge
    private let genuine: String
    private let claims: JSONObject
    private let now = Int64(Date().timeIntervalSince1970)

    init(_ forge: Forge, of genuine: String) throws {
        self.forge = forge
        self.genuine = genuine
        claims = try Forge.claims(of: genuine)
    }

    /// The same claims signed once more: a token that is accepted, so that the others are refused for what they are.
    func control() throws -> [UInt8] { try forge.token(header: forge.header(), claims: Forge.text(claims)) }

    func all() throws -> [Forgery] {
        try headers() + keys() + signatures() + claimsOfWrongForm() + spellings() + times() + names()
    }

    private func header(_ name: String, _ values: [String?]) throws -> [Forgery] {
        try values.map { value in
            let token = try forge.token(header: forge.header(name, value), claims: Forge.text(claims))
            return ("header \(name): \(value ?? "absent")", token)
        }
    }

    // JWT-01, 03, 04, 06, 17, 18
    private func headers() throws -> [Forgery] {
        let long = "\"" + String(repeating: "k", count: 4_000) + "\""
        return try header("alg", [
            nil, #""none""#, #""None""#, #""NONE""#, #""""#, "null", "0", "[]", #""HS256""#, #""es256""#,
            #""ES256K""#, #""ES521""#, #""RS256""#, #""PS256""#, #""EdDSA""#,
        ])
            + header("kid", [
                nil, "1", "[]", "null", #""unknown""#, #""../../../../dev/null""#, #""/proc/self/environ""#,
                #""' UNION SELECT 'x""#, #""x;id""#, #""\u0000""#, long, "\"\(forge.key.kid)\u{301}\"",
            ])
            + header("typ", [
                nil, #""AT+JWT""#, #""application/at+jwt""#, #""jwt""#, #""dpop+jwt""#, #""statuslist+jwt""#,
                #""token-introspection+jwt""#, #""revocations+jwt""#, "1", "null",
            ])
            + header("crit", [#"["x"]"#, "[]", #""alg""#, #"["b64"]"#, "null"])
            + header("b64", ["false"]) + header("cty", [#""JWT""#]) + header("zip", [#""DEF""#])
            + header("enc", [#""A128GCM""#])
    }

    // JWT-02, 03, 05, 22
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
                ("another key in \(name)", try forge.token(header: forge.header(name, member), claims: text, key: stranger))
            )
        }
        let own = #"{"alg":"ES256","typ":"at+jwt","kid":"\#(stranger.kid)"}"#
        forgeries.append(("a key that is not published", try forge.token(header: own, claims: text, key: stranger)))
        for algorithm in [JWSAlgorithm.eddsa, .rs256, .ps256] {
            let other = try SigningKey.generate(algorithm)
            for alg in [algorithm.rawValue, "ES256"] {
                let header = forge.header("alg", "\"\(alg)\"")
                forgeries.append(
                    ("\(algorithm.rawValue) as \(alg)", try forge.token(header: header, claims: text, key: other))
                )
            }
        }
        let pem = forge.key.publicKey.pem
        var own256: [UInt8] = []
        forge.key.publicKey.jwk.append(to: &own256)
        for (name, secret) in [("PEM", pem), ("PEM without line end", pem.dropLast()), ("JWK", own256), ("nothing", [])] {
            for alg in ["HS256", "ES256"] {
                let input = CompactJWS.signingInput(
                    header: Array(forge.header("alg", "\"\(alg)\"").utf8),
                    payload: Array(text.utf8)
                )
                let tag = HMACSHA256.authenticate(input, key: Array(secret))
                forgeries.append(
                    ("HMAC with \(name) as \(alg)", CompactJWS.compact(signingInput: input, signature: tag + tag))
                )
            }
        }
        return forgeries
    }

    // JWT-01, 11, 20
    private func signatures() throws -> [Forgery] {
        let parts = genuine.split(separator: ".").map(String.init)
        let input = Array("\(parts[0]).\(parts[1])".utf8)
        let good = Base64URL.decode(Array(parts[2].utf8)[...]) ?? []
        let zero = [UInt8](repeating: 0, count: 32)
        let ones = [UInt8](repeating: 0xFF, count: 32)
        let forged: [(String, [UInt8])] = [
            ("zeros", zero + zero), ("ones", ones + ones), ("r = 0", zero + good[32...]),
            ("s = 0", good[..<32] + zero), ("swapped", Array(good[32...] + good[..<32])), ("short", Array(good.dropLast())),
            ("long", good + [0]), ("half", Array(good[..<32])),
        ]
        var forgeries: [Forgery] = forged.map { name, signature in
            ("signature: \(name)", CompactJWS.compact(signingInput: input, signature: signature))
        }
        forgeries += [
            ("no signature", input), ("an empty signature", input + Array(".".utf8)),
            ("alg none", Array("\(encoded(#"{"alg":"none"}"#)).\(parts[1]).".utf8)),
        ]
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

    private func encoded(_ text: String) -> String {
        String(decoding: Base64URL.encode(Array(text.utf8)), as: UTF8.self)
    }

    // JWT-07, 08
    private func claimsOfWrongForm() throws -> [Forgery] {
        let text = Forge.text(claims)
        let open = text.dropLast()
        let deep = String(repeating: "[", count: 600) + String(repeating: "]", count: 600)
        let broken: [String] = [
            "", "[]", "null", "1", "\"x\"", "[\(text)]", "\(text)x", "\(text)\(text)", "\(open),}", "\(open)",
            "\u{FEFF}\(text)", "/**/\(text)", "\(open),'x':1}", text.replacing("\"", with: "'"),
        ]
        let members: [String] = [
            #""exp":9999999999"#, #""\u0065xp":9999999999"#, #""x":{"a":1,"a":2}"#, #""x":NaN"#, #""x":\#(deep)"#,
            #""x":"\ud800""#, #""x":"\u0000""#,
        ]
        var forgeries: [Forgery] = []
        for claims in broken + members.map({ "\(open),\($0)}" }) {
            let name = "claims \(claims.prefix(8))…\(claims.suffix(24))"
            forgeries.append((name, try forge.token(header: forge.header(), claims: claims)))
        }
        return try forgeries + headersOfWrongForm()
    }

    private func headersOfWrongForm() throws -> [Forgery] {
        let good = forge.header()
        let open = good.dropLast()
        let headers: [String] = [
            "[]", "\(open),}", #"\#(open),"alg":"ES256"}"#, #"\#(open),"\u0061lg":"none"}"#, "\(good) x",
            "\u{FEFF}\(good)", good.replacing("\"", with: "'"),
        ]
        return try headers.map { header in
            ("header \(header.suffix(24))", try forge.token(header: header, claims: Forge.text(claims)))
        }
    }

    // JWT-09, 18, 19
    private func spellings() throws -> [Forgery] {
        let parts = genuine.split(separator: ".").map(String.init)
        let json = #"{"protected":"\#(parts[0])","payload":"\#(parts[1])","signature":"\#(parts[2])"}"#
        let padding = String(repeating: "a", count: 8_200)
        var spelled = parts[2].utf8.map { $0 }
        // The last of 86 characters has four bits that belong to no byte.
        let last = try #require(spelled.popLast())
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        let value = try #require(alphabet.firstIndex(of: last))
        let trailing = String(decoding: spelled + [alphabet[value ^ 1]], as: UTF8.self)
        return [
            genuine + "=", genuine + "==", genuine + "!!!!", genuine + ".", "." + genuine, genuine + "\u{A0}",
            "\(parts[0])=.\(parts[1]).\(parts[2])", "\(parts[0])..\(parts[2])", genuine + genuine,
            "\(genuine).\(genuine)", json, "\(parts[0]).\(parts[1]).\(parts[2]).a.b", "e30.e30.e30.e30.e30",
            "\(parts[0]).\(parts[1]).\(trailing)", genuine + padding, "\(parts[0]).\(padding).\(parts[2])",
            "\(parts[0]) .\(parts[1]).\(parts[2])",
        ].map { ("spelling \($0.prefix(4))…\($0.suffix(12))", Array($0.utf8)) }
    }

    private func claim(_ name: String, _ values: [String?]) throws -> [Forgery] {
        try values.map { value in
            let text = Forge.text(claims, name, value)
            return ("\(name): \(value ?? "absent")", try forge.token(header: forge.header(), claims: text))
        }
    }

    // JWT-14
    private func times() throws -> [Forgery] {
        let wrong: [String?] = [
            nil, "null", "\"\(now + 60)\"", "\(now + 60).5", "1e300", "-1", "9007199254740993",
            "9223372036854775807", "9223372036854775808", "true", "[\(now + 60)]", "{}",
        ]
        return try claim("exp", wrong + ["0", "\(now)", "\(now - 1)", "\(now + 100_000)"])
            + claim("iat", wrong + ["\(now + 30)", "\(now - 100_000)"])
            + claim("nbf", wrong.dropFirst() + ["\(now + 30)"]).filter { $0.name != "nbf: -1" }
    }

    // JWT-15, 16, and the claims that are ours
    private func names() throws -> [Forgery] {
        let issuer = claims["iss"]?.string ?? ""
        return try claim("aud", [nil, "\"\"", "[]", "[1]", "[[\"x\"]]", "null", "1", "{}"])
            + claim("iss", [
                nil, "\"\"", "null", "[\"\(issuer)\"]", "\"\(issuer)/\"", "\"\(issuer.dropLast())\"",
                "\"\(issuer.uppercased())\"", #""https://other.example""#,
            ])
            + claim("sub", [nil, "\"\"", "null", "1"])
            + claim("client_id", [nil, "\"\"", "null", "1", "\"reports\"", "\"KEY_01JD3M8V7Q2X9K4T6W5R0B1NFH\""])
            + claim("jti", [nil, "\"\"", "null", "1", "\"AAAA\"", "\"AAAAAAAAAAAAAAAAAAAAAB\""])
            + claim("scope", ["1", "[\"read\"]", "null"]) + claim("project", [nil, "\"default\"", "1"])
            + claim("cnf", [#"{"jkt":"AAAA"}"#, "{}", "null"])
            + claim("act", ["1", "{}", "null", #"{"sub":""}"#, #"{"sub":"a","act":"b"}"#])
            + claim("status", [
                nil, "{}", "null", #"{"status_list":{}}"#,
                #"{"status_list":{"idx":0,"uri":"https://other.example/oauth2/status-lists/AAAAAAAAAAE"}}"#,
                "{\"status_list\":{\"idx\":0,\"uri\":\"\(issuer)/oauth2/status-lists/AAAAAAAAAAE\"}}",
                "{\"status_list\":{\"idx\":131072,\"uri\":\"\(issuer)/oauth2/status-lists/AAAAAAAAAAE\"}}",
            ])
    }
}
