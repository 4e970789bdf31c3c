import JOSE
import Primitives
import Testing

@Suite("Compact tokens: RFC 7515 §4, §7.1; RFC 8725 §3")
struct CompactJWSTests {
    private let key: SigningKey
    private let good: [UInt8]

    init() throws {
        key = try SigningKey.generate(.es256)
        good = try token(header: header(key), signedBy: key)
    }

    private func refusal(_ bytes: [UInt8]) -> JWSError? {
        do throws(JWSError) {
            _ = try CompactJWS(parsing: bytes).verified(by: key.publicKey)
            return nil
        } catch { return error }
    }

    private func refusal(header: String) throws -> JWSError? {
        refusal(try token(header: header, signedBy: key))
    }

    @Test
    func `a good token is accepted`() {
        #expect(refusal(good) == nil)
    }

    // threats: JWT-01, JWT-02, JWT-03
    @Test(arguments: [
        #""none""#, #""None""#, #""nOnE""#, #""NONE""#, #""""#, "null", "0", "[]", "true", #"["ES256"]"#,
        #"{"a":"ES256"}"#,
        #""HS256""#, #""HS384""#, #""HS512""#, #""es256""#, #""Es256""#, #""ES256 ""#, #""ES256K""#,
        #""ES384""#, #""ES512""#,
        #""ES521""#, #""RS384""#, #""PS512""#, #""eddsa""#, #""EDDSA""#, #""Ed25519""#, #""RSA-OAEP""#,
        #""dir""#, #""ES256\u0020""#,
    ])
    func `an alg that is not ours is refused, though the signature be right`(alg: String) throws {
        #expect(try refusal(header: #"{"alg":\#(alg)}"#) == .unsupportedAlgorithm)
    }

    // threats: JWT-01
    @Test(arguments: ["{}", #"{"typ":"at+jwt"}"#, #"{"ALG":"ES256"}"#, #"{"alg ":"ES256"}"#])
    func `a header without alg is refused`(header: String) throws {
        #expect(try refusal(header: header) == .unsupportedAlgorithm)
    }

    // threats: JWT-01
    @Test
    func `a token without a signature is refused`() {
        for alg in ["none", "ES256"] {
            let input = CompactJWS.signingInput(
                header: Array(#"{"alg":"\#(alg)"}"#.utf8),
                payload: Array("{}".utf8)
            )
            #expect(refusal(input) == .notThreeSegments)
            #expect(refusal(input + Array(".".utf8)) == .notBase64URL)
            #expect(refusal(input + Array("..".utf8)) == .notThreeSegments)
        }
    }

    // threats: JWT-02
    @Test
    func `a token authenticated with the public key as a secret is refused`() throws {
        let pem = key.publicKey.pem
        var jwk: [UInt8] = []
        key.publicKey.jwk.append(to: &jwk)
        let newline = UInt8(ascii: "\n")
        let trimmed = Array(pem.reversed().drop { $0 == newline }.reversed())
        for secret in [pem, trimmed, pem + [newline], [0x20] + pem, jwk, []] {
            for alg in ["HS256", "ES256"] {
                let header = #"{"alg":"\#(alg)","typ":"at+jwt"}"#
                let input = CompactJWS.signingInput(header: Array(header.utf8), payload: Array("{}".utf8))
                let tag = HMACSHA256(key: secret).authenticate(input).bytes
                for signature in [tag, tag + tag] {
                    #expect(refusal(CompactJWS.compact(signingInput: input, signature: signature)) != nil)
                }
            }
        }
    }

    // threats: JWT-03
    @Test
    func `the key decides on the algorithm, not the header`() throws {
        let keys = try JWSAlgorithm.allCases.map { try SigningKey.generate($0) }
        for signer in keys {
            for named in JWSAlgorithm.allCases {
                let bytes = try token(header: #"{"alg":"\#(named.rawValue)"}"#, signedBy: signer)
                for verifier in keys {
                    let isRight = signer === verifier && named == signer.algorithm
                    let jws = try CompactJWS(parsing: bytes)
                    #expect(((try? jws.verified(by: verifier.publicKey)) != nil) == isRight)
                }
            }
        }
    }

    // threats: JWT-03
    @Test
    func `RS256 and PS256 of one RSA key are not each other's`() throws {
        let rs256 = try SigningKey.generate(.rs256)
        let ps256 = try SigningKey(pem: rs256.pem, algorithm: .ps256)
        for (signer, other) in [(rs256, ps256), (ps256, rs256)] {
            for named in [signer.algorithm, other.algorithm] {
                let jws = try CompactJWS(
                    parsing: token(header: #"{"alg":"\#(named.rawValue)"}"#, signedBy: signer)
                )
                #expect(throws: JWSError.self) { try jws.verified(by: other.publicKey) }
            }
        }
    }

    // threats: JWT-04
    @Test(arguments: ["1", "[]", #"["a"]"#, "null", "{}", "true", #""\u0000""#, #""\ud800""#])
    func `a kid, typ or cty that is not a string is refused`(value: String) throws {
        for name in ["kid", "typ", "cty"] {
            #expect(try refusal(header: #"{"alg":"ES256","\#(name)":\#(value)}"#) == .malformedHeader)
        }
    }

    // threats: JWT-04
    @Test(arguments: [
        "../../../../dev/null", "/proc/self/environ", "' UNION SELECT 'x", "x;id", "\u{E9}", "e\u{301}", "",
    ])
    func `a strange kid is only ever compared, byte for byte`(kid: String) throws {
        let jws = try CompactJWS(parsing: token(header: #"{"alg":"ES256","kid":"\#(kid)"}"#, signedBy: key))
        #expect(bytesEqual(try #require(jws.kid), kid))
        #expect(JWKSet([key.publicKey.jwk])[kid] == nil)
    }

    // threats: JWT-05
    @Test
    func `keys that a header brings along are not used`() throws {
        let attacker = try SigningKey.generate(.es256)
        var jwk: [UInt8] = []
        attacker.publicKey.jwk.append(to: &jwk)
        let embedded = String(decoding: jwk, as: UTF8.self)
        for member in [
            #""jwk":\#(embedded)"#, #""jku":"https://attacker.example/jwks""#,
            #""x5u":"https://attacker.example/x5u""#,
            #""x5c":["AAAA"]"#, #""x5t":"AAAA""#,
        ] {
            let header = #"{"alg":"ES256","kid":"\#(key.kid)",\#(member)}"#
            #expect(refusal(try token(header: header, signedBy: attacker)) == .badSignature)
            #expect(try refusal(header: header) == nil)
        }
    }

    // threats: JWT-06
    @Test(arguments: [
        #""crit":["x"]"#, #""crit":["x"],"x":1"#, #""crit":[]"#, #""crit":"alg""#, #""crit":["alg"]"#,
        #""crit":null"#,
        #""crit":["exp","exp"],"exp":1"#, #""crit":["exp"]"#, #""crit":["b64"],"b64":false"#, #""b64":false"#,
        #""b64":true"#,
    ])
    func `critical extensions are refused, whatever they are`(members: String) throws {
        #expect(
            try [.unsupportedHeader("crit"), .unsupportedHeader("b64")].contains(
                refusal(header: #"{"alg":"ES256",\#(members)}"#)
            )
        )
    }

    // threats: JWT-07
    @Test(arguments: [
        #"{"alg":"ES256","alg":"ES256"}"#, #"{"alg":"none","alg":"ES256"}"#,
        #"{"alg":"ES256","\u0061lg":"none"}"#,
        #"{"alg":"ES256","kid":"a","kid":"b"}"#, #"{"alg":"ES256","x":{"a":1,"a":2}}"#,
    ])
    func `a repeated member is refused`(header: String) throws {
        #expect(try refusal(header: header) == .malformedHeader)
    }

    // threats: JWT-08
    @Test(arguments: [
        "", "[]", #""ES256""#, "1", "null", #"{"alg":"ES256",}"#, #"{"alg":"ES256"}}"#, #"{"alg":"ES256"} x"#,
        #"{'alg':'ES256'}"#,
        #"{"alg":"ES256"/**/}"#, "\u{FEFF}{\"alg\":\"ES256\"}", #"{"alg":"ES256","a":NaN}"#,
    ])
    func `a header that is no strict JSON object is refused`(header: String) throws {
        #expect(try [.malformedHeader, .notBase64URL].contains(refusal(header: header)))
    }

    // threats: JWT-18
    @Test
    func `nested, compressed and encrypted tokens are refused without being opened`() throws {
        #expect(try refusal(header: #"{"alg":"ES256","zip":"DEF"}"#) == .unsupportedHeader("zip"))
        #expect(try refusal(header: #"{"alg":"ES256","enc":"A128GCM"}"#) == .unsupportedHeader("enc"))
        #expect(
            try refusal(header: #"{"alg":"PBES2-HS256+A128KW","p2c":2147483648}"#) == .unsupportedAlgorithm
        )
        for name in ["JWT", "jwt", "application/jwt"] {
            #expect(try refusal(header: #"{"alg":"ES256","cty":"\#(name)"}"#) == .nested)
        }
        #expect(refusal(Array("e30.e30.e30.e30.e30".utf8)) == .notThreeSegments)
    }

    // threats: JWT-19
    @Test(arguments: [8193, 65_536, 9_437_184])
    func `a long token is refused before it is looked at`(count: Int) throws {
        #expect(refusal([UInt8](repeating: UInt8(ascii: "a"), count: count)) == .tooLarge)
        let payload = String(repeating: "a", count: count)
        #expect(refusal(try token(header: header(key), payload: payload, signedBy: key)) == .tooLarge)
        #expect(throws: JWSError.tooLarge) { try CompactJWS(parsing: good, maximumSize: good.count - 1) }
        _ = try CompactJWS(parsing: good, maximumSize: good.count)
    }

    // threats: JWT-09
    @Test(arguments: [1, 2, 4, 5, 100, 2000])
    func `any number of segments but three is refused`(count: Int) {
        for segment in ["e30", ""] {
            let text = [String](repeating: segment, count: count).joined(separator: ".")
            #expect(refusal(Array(text.utf8)) == .notThreeSegments)
        }
    }

    // threats: JWT-09
    @Test
    func `white space, padding, other alphabets and JSON serialization are refused`() {
        let text = String(decoding: good, as: UTF8.self)
        let parts = text.split(separator: ".").map(String.init)
        let json = #"{"protected":"\#(parts[0])","payload":"\#(parts[1])","signature":"\#(parts[2])"}"#
        for other in [
            text + "=", text + "==", text + "\n", " " + text, text + ".", "." + text, text + "!!!!",
            text + "\0", json,
            "\(parts[0])=.\(parts[1]).\(parts[2])", "\(parts[0]) .\(parts[1]).\(parts[2])", "..",
            ".\(parts[1]).\(parts[2])",
            "\(parts[0])..\(parts[2])", "\(parts[0]).\(parts[1]).", text + text, "\(text).\(text)",
            "Bearer \(text)",
        ] {
            #expect(refusal(Array(other.utf8)) != nil)
        }
        for (plain, other) in [("-", "+"), ("_", "/")] where text.contains(plain) {
            #expect(refusal(Array(text.replacing(plain, with: other).utf8)) != nil)
        }
    }
}
