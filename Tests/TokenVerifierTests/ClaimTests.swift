import Testing
import TokenVerifier

@Suite("Claims of a verified token: RFC 7519 §4.1, RFC 9068 §2.2")
struct ClaimTests {
    // threats: JWT-14, JWT-15, JWT-16
    @Test(
        arguments: [
            ("iss", #""https://auth.example/""#, TokenRefusal.wrongIssuer),
            ("iss", #""https://AUTH.example""#, .wrongIssuer), ("iss", nil, .wrongIssuer),
            ("iss", #"["https://auth.example"]"#, .wrongIssuer),
            ("aud", #""https://api.example/""#, .wrongAudience),
            ("aud", #""https://api.exampl""#, .wrongAudience),
            ("aud", "[]", .wrongAudience), ("aud", #""""#, .wrongAudience),
            ("aud", #"["https://other.example"]"#, .wrongAudience),
            ("aud", #"["https://other.example","https://api.example"]"#, nil),
            ("iat", "1700000060", nil), ("iat", "1700000061", .notYetValid),
            ("nbf", "1700000060", nil), ("nbf", "1700000061", .notYetValid), ("nbf", "1600000000", nil),
            ("exp", "9223372036854775807", nil),
        ] as [(String, String?, TokenRefusal?)]
    )
    func `issuer, audience and times are exact`(
        name: String,
        value: String?,
        expected: TokenRefusal?
    ) async throws {
        let workshop = try Workshop()
        let verifier = try await workshop.verifier()
        #expect(await refusal(try workshop.token([(name, value)]), by: verifier) == expected)
    }

    // threats: JWT-07, JWT-08, JWT-14, JWT-15, JWT-16
    @Test(
        arguments: [
            ("exp", nil), ("exp", "null"), ("exp", #""1700000300""#), ("exp", "1700000300.5"),
            ("exp", "1e300"),
            ("exp", "-1"), ("exp", "9223372036854775808"), ("exp", "true"), ("exp", "[1]"),
            ("exp", "1699999999"),
            ("iat", nil), ("iat", "1.5"), ("nbf", "null"), ("nbf", #""1""#), ("aud", nil), ("aud", "7"),
            ("aud", #"["https://api.example",7]"#), ("sub", nil), ("sub", #""""#), ("sub", "{}"),
            ("client_id", nil), ("client_id", "1"), ("jti", nil), ("jti", #""short""#), ("scope", "[]"),
            ("roles", #""teller""#), ("groups", #"["a",1]"#), ("act", "{}"), ("act", #"{"sub":"a","act":1}"#),
            ("cnf", #"{"jkt":"x"}"#), ("status", nil), ("status", "{}"),
            ("x", #"{"a":1,"a":2}"#), ("x", "[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]"), ("x", #""\u0000""#),
        ] as [(String, String?)]
    )
    func `a claim of a wrong type or missing is refused`(name: String, value: String?) async throws {
        let workshop = try Workshop()
        let verifier = try await workshop.verifier()
        let found = await refusal(try workshop.token([(name, value)]), by: verifier)
        #expect(isMalformed(found), "\(String(describing: found))")
    }

    // threats: JWT-14
    @Test(arguments: [(20, 10), (20, 20), (0, 0), (0, -10), (-10, -20)])
    func `a token that ends no later than it begins is refused, whatever the skew`(
        iat: Int64,
        exp: Int64
    ) async throws {
        let workshop = try Workshop()
        let verifier = try await workshop.verifier()
        func found(_ exp: Int64) async throws -> TokenRefusal? {
            let times = [("iat", workshop.time.now + iat), ("exp", workshop.time.now + exp)]
            return await refusal(try workshop.token(times.map { ($0.0, "\($0.1)") }), by: verifier)
        }
        #expect(isMalformed(try await found(exp)))
        #expect(try await found(iat + 1) == nil)
    }

    // threats: JWT-16
    @Test
    func `a subject that is named like another client makes nobody that client`() async throws {
        let workshop = try Workshop()
        let verifier = try await workshop.verifier()
        let token = try await verifier.verify(workshop.token([("sub", #""key_2""#)]))
        #expect(token.clientID == "key_1" && token.subject == "key_2")
        let parts = try workshop.token().split(separator: ".")
        let other = try workshop.token([("sub", #""key_2""#)]).split(separator: ".")
        #expect(await refusal("\(parts[0]).\(other[1]).\(parts[2])", by: verifier) == .badSignature)
    }

    // threats: JWT-14
    @Test
    func `a token is accepted until its exp and the skew are over`() async throws {
        let workshop = try Workshop()
        let verifier = try await workshop.verifier()
        let exact = try await workshop.verifier { $0.clockSkew = 0 }
        let token = try workshop.token([("exp", "\(workshop.time.now + 10)")])
        workshop.time.advance(9)
        #expect(await refusal(token, by: exact) == nil)
        workshop.time.advance(1)
        #expect(await refusal(token, by: exact) == .expired)
        #expect(await refusal(token, by: verifier) == nil)
        workshop.time.advance(59)
        #expect(await refusal(token, by: verifier) == nil)
        workshop.time.advance(1)
        #expect(await refusal(token, by: verifier) == .expired)
    }

    @Test
    func `a token without scope, roles and groups has none`() async throws {
        let workshop = try Workshop()
        let verifier = try await workshop.verifier()
        let token = try await verifier.verify(
            workshop.token([("scope", nil), ("roles", nil), ("groups", nil)])
        )
        #expect(token.scopes.isEmpty && token.roles.isEmpty && token.groups.isEmpty && token.actors.isEmpty)
    }

    // threats: SCP-03
    @Test(
        arguments: [
            (TokenRequirement(), nil),
            (TokenRequirement(scopes: ["read", "write"]), nil),
            (TokenRequirement(scopes: ["read", "delete"]), .insufficientScope(["read", "delete"])),
            (TokenRequirement(scopes: ["Read"]), .insufficientScope(["Read"])),
            (TokenRequirement(roles: ["clerk", "teller"]), nil),
            (TokenRequirement(roles: ["clerk"]), .insufficientRole(["clerk"])),
            (TokenRequirement(groups: ["sales", "audit"]), nil),
            (TokenRequirement(groups: ["sales"]), .insufficientGroup(["sales"])),
            (
                TokenRequirement(scopes: ["read"], roles: ["teller"], groups: ["fin"]),
                .insufficientGroup(["fin"])
            ),
        ] as [(TokenRequirement, TokenRefusal?)]
    )
    func `all scopes, one of the roles and one of the groups are required`(
        requirement: TokenRequirement,
        expected: TokenRefusal?
    ) async throws {
        let workshop = try Workshop()
        let token = try await workshop.verifier().verify(workshop.token())
        var found: TokenRefusal?
        do throws(TokenRefusal) { try requirement.check(token) } catch { found = error }
        #expect(found == expected)
    }

    @Test
    func `every refusal is a response of RFC 6750`() {
        let refusals: [(TokenRefusal, Int)] = [
            (.malformed("x"), 401), (.wrongKind, 401), (.unknownKey, 401), (.wrongAlgorithm, 401),
            (.badSignature, 401), (.wrongIssuer, 401), (.wrongAudience, 401), (.expired, 401),
            (.notYetValid, 401), (.revoked, 401), (.suspended, 401), (.insufficientScope(["a", "b"]), 403),
            (.insufficientRole(["a"]), 403), (.insufficientGroup(["a"]), 403), (.staleKeySet, 503),
            (.staleStatus, 503),
        ]
        for (refusal, status) in refusals {
            #expect(refusal.httpStatus == status)
            #expect(
                refusal.description.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
            )
            let challenge = refusal.challenge(realm: "r")
            #expect((challenge == nil) == (status == 503))
            let code = status == 403 ? "insufficient_scope" : "invalid_token"
            #expect(
                challenge?.hasPrefix("Bearer realm=\"r\", error=\"\(code)\", error_description=\"") ?? true
            )
        }
        #expect(
            TokenRefusal.insufficientScope(["a", "b"]).challenge(realm: "r")?.hasSuffix(", scope=\"a b\"")
                == true
        )
    }
}
