import Foundation
import JOSE
import Primitives
import Testing

@Suite("Examples of RFC 7515, 7517, 7520, 7638 and 8037")
struct RFCVectorTests {
    private func key(_ json: String) throws -> VerificationKey {
        VerificationKey(try JWK(parsing: JSONValue(parsing: Array(json.utf8))))
    }

    private func rsaKey(_ modulus: String, _ more: String = "") throws -> VerificationKey {
        try key(#"{"kty":"RSA","n":"\#(modulus)","e":"AQAB"\#(more)}"#)
    }

    private func payload(of token: String, by key: VerificationKey) throws -> String {
        String(decoding: try CompactJWS(parsing: Array(token.utf8)).verified(by: key).payload, as: UTF8.self)
    }

    @Test
    func `RFC 7515 A.2: RS256 verifies`() throws {
        let expected = "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}"
        let text = try payload(of: RFCVectors.rs256Token, by: rsaKey(RFCVectors.rs256Modulus))
        #expect(bytesEqual(text, expected))
    }

    @Test
    func `RFC 7515 A.2: RS256 signs the same bytes`() throws {
        let key = try SigningKey(pem: Array(RFCVectors.rs256PrivateKey.utf8), algorithm: nil)
        #expect(key.algorithm == .rs256)
        #expect(key.kid == (try rsaKey(RFCVectors.rs256Modulus).kid))
        let dot = try #require(RFCVectors.rs256Token.utf8.lastIndex(of: UInt8(ascii: ".")))
        var token = Array(RFCVectors.rs256Token.utf8[..<dot])
        try SigningContext(key).signAppending(&token)
        #expect(token == Array(RFCVectors.rs256Token.utf8))
    }

    @Test
    func `RFC 7515 A.3: ES256 verifies`() throws {
        #expect(
            try payload(of: RFCVectors.es256Token, by: key(RFCVectors.es256Key)).hasPrefix(
                "{\"iss\":\"joe\","
            )
        )
    }

    @Test
    func `RFC 7520 §4.1: RS256 verifies`() throws {
        let key = try rsaKey(
            RFCVectors.cookbookModulus,
            #","kid":"bilbo.baggins@hobbiton.example","use":"sig""#
        )
        #expect(key.kid == "bilbo.baggins@hobbiton.example")
        let text = try payload(of: RFCVectors.cookbookToken, by: key)
        #expect(text.hasPrefix("It’s a dangerous business, Frodo"))
    }

    @Test
    func `RFC 7638 §3.1: the thumbprint`() throws {
        let key = try rsaKey(RFCVectors.thumbprintModulus, #","alg":"RS256","kid":"2011-04-29""#)
        #expect(key.jwk.thumbprint == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
        #expect(key.kid == "2011-04-29")
    }

    @Test
    func `RFC 7517 A.1: of the set, the signature key is taken and the encryption key left out`() throws {
        let set = try JWKSet(
            parsing: Array(
                #"""
                {"keys":
                  [
                    {"kty":"EC",
                     "crv":"P-256",
                     "x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
                     "y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
                     "use":"enc",
                     "kid":"1"},

                    {"kty":"RSA",
                     "n": "\#(RFCVectors.thumbprintModulus)",
                     "e":"AQAB",
                     "alg":"RS256",
                     "kid":"2011-04-29"}
                  ]
                }
                """#.utf8
            )
        )
        #expect(set.keys.map(\.kid) == ["2011-04-29"])
    }

    @Test
    func `RFC 8037 A.3: the thumbprint of an Ed25519 key`() throws {
        #expect(try key(RFCVectors.ed25519Key).kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
    }

    @Test
    func `RFC 8037 A.4 and A.5: Ed25519 signs the same bytes and verifies`() throws {
        let text = try payload(of: RFCVectors.ed25519Token, by: key(RFCVectors.ed25519Key))
        #expect(text == "Example of Ed25519 signing")

        let scalar = try #require(Base64URL.decode(Array(RFCVectors.ed25519PrivateScalar.utf8)[...]))
        // RFC 8410 §7: the PKCS#8 frame of an Ed25519 private key.
        let prefix: [UInt8] = [0x30, 0x2E, 2, 1, 0, 0x30, 5, 6, 3, 0x2B, 0x65, 0x70, 4, 0x22, 4, 0x20]
        let base64 = Data(prefix + scalar).base64EncodedString()
        let pem = "-----BEGIN PRIVATE KEY-----\n\(base64)\n-----END PRIVATE KEY-----\n"
        let key = try SigningKey(pem: Array(pem.utf8), algorithm: nil)
        #expect(key.pem == Array(pem.utf8))
        var token = Array("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc".utf8)
        try SigningContext(key).signAppending(&token)
        #expect(token == Array(RFCVectors.ed25519Token.utf8))
    }
}
