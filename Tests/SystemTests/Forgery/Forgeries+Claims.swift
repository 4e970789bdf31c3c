import JOSE
import Primitives
import Testing

extension Forgeries {
    // JWT-07, 08
    func claimsOfWrongForm() throws -> [Forgery] {
        let text = Forge.text(claims)
        let open = text.dropLast()
        let deep = String(repeating: "[", count: 600) + String(repeating: "]", count: 600)
        let broken: [String] = [
            "", "[]", "null", "1", "\"x\"", "[\(text)]", "\(text)x", "\(text)\(text)", "\(open),}", "\(open)",
            "\u{FEFF}\(text)", "/**/\(text)", "\(open),'x':1}", text.replacing("\"", with: "'"),
        ]
        let members: [String] = [
            #""exp":9999999999"#, #""\u0065xp":9999999999"#, #""x":{"a":1,"a":2}"#, #""x":NaN"#,
            #""x":\#(deep)"#,
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
    func spellings() throws -> [Forgery] {
        let parts = genuine.split(separator: ".").map(String.init)
        let json = #"{"protected":"\#(parts[0])","payload":"\#(parts[1])","signature":"\#(parts[2])"}"#
        let padding = String(repeating: "a", count: 8_200)
        var spelled = parts[2].utf8.map { $0 }
        // The last of 86 characters has four bits that belong to no byte.
        let last = spelled.removeLast()
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

    private static let farAhead: [String?] = ["9007199254740993", "9223372036854775807"]

    // JWT-14
    func times() throws -> [Forgery] {
        let wrong: [String?] = [
            nil, "null", "\"\(now + 60)\"", "\(now + 60).5", "1e300", "-1", "9223372036854775808", "true",
            "[\(now + 60)]", "{}",
        ]
        let late = Self.farAhead + ["\(now + 240)"]
        return try claim("exp", wrong + ["0", "\(now - leeway)", "\(now - leeway - 1)"])
            + claim("iat", wrong + late) + claim("nbf", wrong.dropFirst() + late)
            + endsBeforeBeginning()
    }

    /// An `iat` that clocks may be apart by, and an `exp` that is not over.
    private func endsBeforeBeginning() throws -> [Forgery] {
        var late = claims
        late["iat"] = .number(JSONNumber(now + 50))
        return try [Int64(40), 50].map { seconds in
            let text = Forge.text(late, "exp", "\(now + seconds)")
            return ("iat 50, exp \(seconds)", try forge.token(header: forge.header(), claims: text))
        }
    }

    // JWT-15
    private func neighbours() throws -> [Forgery] {
        guard let audience else { return [] }
        return try claim(
            "aud",
            [
                "\"\(audience)/\"", "\"\(audience.dropLast())\"", "\"\(audience.uppercased())\"",
                "\"\(audience)\u{301}\"", "[\"\(audience)/\",\"urn:other\"]",
            ]
        )
    }

    // JWT-14, 15, 17, EXC-10: what a token of ours never says, and only we know that.
    func atTheIssuer() throws -> [Forgery] {
        let isAdministrative = audience == "urn:tokenbooth:admin"
        let audiences = ["urn:other", "urn:tokenbooth:admin"].map { "[\"urn:tokenbooth:admin\",\"\($0)\"]" }
        return try header("typ", [#""application/at+jwt""#])
            + claim("exp", Self.farAhead + ["\(now + 100_000)"])
            + claim("iat", ["\(now - 100_000)"]) + claim("nbf", ["\(now + 30)"])
            + claim("client_id", ["\"reports\"", "\"KEY_01JD3M8V7Q2X9K4T6W5R0B1NFH\""])
            + claim("project", [nil, "\"default\""]) + claim("act", [Forge.actors(5)])
            // Else one that a reader may take that finds itself in it.
            + claim("aud", isAdministrative ? audiences : []) + unknownLists()
    }

    /// Lists that are not there: who does not know that must ask for them.
    private func unknownLists() throws -> [Forgery] {
        let list = (claims["iss"]?.string ?? "") + "/oauth2/status-lists/AAAAAAAAAAE"
        return try claim("status", [0, 131_072].map { #"{"status_list":{"idx":\#($0),"uri":"\#(list)"}}"# })
    }

    // JWT-15, 16, and the claims that are ours
    func names() throws -> [Forgery] {
        let issuer = claims["iss"]?.string ?? ""
        return try claim("aud", [nil, "\"\"", "[]", "[1]", "[[\"x\"]]", "null", "1", "{}"]) + neighbours()
            + claim(
                "iss",
                [
                    nil, "\"\"", "null", "[\"\(issuer)\"]", "\"\(issuer)/\"", "\"\(issuer.dropLast())\"",
                    "\"\(issuer.uppercased())\"", #""https://other.example""#,
                ]
            )
            + claim("sub", [nil, "\"\"", "null", "1"])
            + claim(
                "client_id",
                [nil, "\"\"", "null", "1"]
            )
            + claim("jti", [nil, "\"\"", "null", "1", "\"AAAA\"", "\"AAAAAAAAAAAAAAAAAAAAAB\""])
            + claim("scope", ["1", "[\"read\"]", "null"]) + claim("project", ["1", "null"])
            + claim("cnf", [#"{"jkt":"AAAA"}"#, "{}", "null"])
            + claim(
                "act",
                [
                    "1", "{}", "null", #"{"sub":""}"#, #"{"sub":"a","act":"b"}"#,
                    Forge.actors(100),
                ]
            )
            + claim(
                "status",
                [
                    nil, "{}", "null", #"{"status_list":{}}"#,
                    #"{"status_list":{"idx":0,"uri":"https://other.example/oauth2/status-lists/AAAAAAAAAAE"}}"#,
                    "{\"status_list\":{\"idx\":-1,\"uri\":\"\(issuer)/oauth2/status-lists/AAAAAAAAAAE\"}}",
                ]
            )
    }
}
