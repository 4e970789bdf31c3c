import JOSE
import Primitives
import Testing
import TokenVerifier

@Suite("Verified tokens: RFC 9068 §4, RFC 8725")
struct TokenTests {
    @Test(arguments: JWSAlgorithm.allCases)
    func `a good token of every algorithm says what it says`(algorithm: JWSAlgorithm) async throws {
        let workshop = try Workshop(algorithm)
        let verifier = try await workshop.verifier()
        let token = try await verifier.verify(
            workshop.token([
                ("tenant", #"{"name":"a","limits":[1,2.5,true,null]}"#), ("project", #""prj_1""#),
                ("act", #"{"sub":"bob","act":{"sub":"carol"}}"#),
            ])
        )
        #expect(token.subject == "alice" && token.clientID == "key_1" && token.project == "prj_1")
        #expect(token.audiences == [Workshop.audience] && token.scopes == ["read", "write"])
        #expect(token.roles == ["teller"] && token.groups == ["finance", "audit"])
        #expect(token.tokenID == Workshop.jti(1) && token.actors == ["bob", "carol"])
        #expect(token.issuedAt == workshop.time.now && token.expiresAt == workshop.time.now + 300)
        #expect(token["tenant"]?["name"]?.string == "a" && token["tenants"] == nil)
        #expect(token["tenant"]?["limits"]?.array?.first?.integer == 1)
        #expect(token["tenant"]?["limits"]?.array?[2].bool == true)
        #expect(try JSONValue(parsing: token.payload).object?["sub"]?.string == "alice")
        #expect("\(token)" == "VerifiedToken(\(Workshop.jti(1)))")
    }

    @Test
    func `what is known is enough for the next token, without waiting`() async throws {
        let workshop = try Workshop()
        let verifier = try await workshop.verifier()
        let token = try workshop.token()
        #expect(throws: TokenRefusal.staleStatus) { try verifier.verifyWithoutWaiting(token) }
        _ = try await verifier.verify(token)
        let fetches = workshop.allFetches.count
        #expect(try verifier.verifyWithoutWaiting(token).subject == "alice")
        #expect(try verifier.verifyWithoutWaiting(workshop.token([("sub", #""bob""#)])).subject == "bob")
        #expect(workshop.allFetches.count == fetches)
    }

    // threats: JWT-03, JWT-04, JWT-05, JWT-06, JWT-07, JWT-17, JWT-18
    @Test
    func `a header that the issuer never writes is refused, whatever signed it`() async throws {
        let workshop = try Workshop()
        let verifier = try await workshop.verifier()
        let kid = workshop.key.kid
        let refused: [(String, (TokenRefusal?) -> Bool)] = [
            (#"{"alg":"none","typ":"at+jwt","kid":"\#(kid)"}"#, isMalformed),
            (#"{"alg":"HS256","typ":"at+jwt","kid":"\#(kid)"}"#, isMalformed),
            (#"{"alg":"RS256","typ":"at+jwt","kid":"\#(kid)"}"#, { $0 == .wrongAlgorithm }),
            (#"{"alg":"ES256","typ":"at+jwt","kid":"\#(kid)","crit":["exp"]}"#, isMalformed),
            (#"{"alg":"ES256","typ":"at+jwt","kid":"\#(kid)","zip":"DEF"}"#, isMalformed),
            (#"{"alg":"ES256","typ":"at+jwt","kid":"\#(kid)","alg":"ES256"}"#, isMalformed),
            (#"{"alg":"ES256","typ":"at+jwt"}"#, isMalformed),
            (#"{"alg":"ES256","typ":"at+jwt","kid":7}"#, isMalformed),
            (#"{"alg":"ES256","kid":"\#(kid)"}"#, { $0 == .wrongKind }),
        ]
        for (header, isRight) in refused {
            let token = String(decoding: try workshop.sign(workshop.claims(), header: header), as: UTF8.self)
            let found = await refusal(token, by: verifier)
            #expect(isRight(found), "\(header)")
        }
        let fetches = workshop.allFetches.count
        let other = try SigningKey.generate(.es256)
        let led =
            #"{"alg":"ES256","typ":"at+jwt","kid":"\#(kid)","jku":"https://evil.example/","x5u":"https://e.example"}"#
        let token = try workshop.sign(workshop.claims(), header: led, key: other)
        #expect(await refusal(String(decoding: token, as: UTF8.self), by: verifier) == .badSignature)
        #expect(workshop.allFetches.count == fetches, "no address in a header is asked")
    }

    // threats: JWT-09, JWT-19, JWT-20
    @Test
    func `a token that was changed anywhere, cut or too long is refused`() async throws {
        let workshop = try Workshop()
        let verifier = try await workshop.verifier()
        let token = Array(try workshop.token().utf8)
        _ = try await verifier.verify(String(decoding: token, as: UTF8.self))
        for index in token.indices {
            var changed = token
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            let text = String(decoding: changed, as: UTF8.self)
            #expect(throws: TokenRefusal.self) { try verifier.verifyWithoutWaiting(text) }
            let cut = String(decoding: token[..<index], as: UTF8.self)
            #expect(throws: TokenRefusal.self) { try verifier.verifyWithoutWaiting(cut) }
        }
        let long = try workshop.token([("more", "\"\(String(repeating: "x", count: 9000))\"")])
        #expect(await isMalformed(long, by: verifier))
        for text in ["", ".", "..", "a.b.c", "é.é.é", String(repeating: ".", count: 8192)] {
            #expect(await isMalformed(text, by: verifier), "\(text)")
        }
    }

    // threats: JWT-17
    @Test(arguments: ["at+jwt", "application/at+jwt", "JWT", "AT+JWT", "statuslist+jwt", "dpop+jwt", ""])
    func `only the types that the audience has are accepted`(type: String) async throws {
        let workshop = try Workshop()
        let strict = try await workshop.verifier()
        let loose = try await workshop.verifier { $0.kinds = [.jwt] }
        let token = String(decoding: try workshop.sign(workshop.claims(), type: type), as: UTF8.self)
        let isAccessToken = type == "at+jwt" || type == "application/at+jwt"
        #expect(await refusal(token, by: strict) == (isAccessToken ? nil : .wrongKind))
        #expect(await refusal(token, by: loose) == (type == "JWT" ? nil : .wrongKind))
    }

    @Test
    func `a key of an algorithm that is not allowed is unknown`() async throws {
        let workshop = try Workshop()
        let other = try SigningKey.generate(.eddsa)
        workshop.publish([workshop.key, other])
        let verifier = try await workshop.verifier { $0.algorithms = [.es256] }
        #expect(await refusal(try workshop.token(), by: verifier) == nil)
        #expect(await refusal(try workshop.token(key: other), by: verifier) == .unknownKey)
    }
}
