import JOSE
import Testing
import TokenVerifier

@Suite("Signed lists: draft-ietf-oauth-status-list §8, and what was revoked")
struct ListTests {
    @Test(arguments: [(0, nil), (1, .revoked), (2, .suspended), (3, .revoked)] as [(UInt8, TokenRefusal?)])
    func `every status but VALID is refused`(value: UInt8, expected: TokenRefusal?) async throws {
        let workshop = try Workshop()
        workshop.set(5, to: value)
        let verifier = try await workshop.verifier()
        #expect(await refusal(try workshop.token(), by: verifier) == expected)
        let neighbour = workshop.status(4)
        #expect(await refusal(try workshop.token([neighbour]), by: verifier) == nil)
    }

    @Test
    func `a status beyond its list is refused, and the last one is read`() async throws {
        let workshop = try Workshop()
        workshop.set(255, to: 1)
        let verifier = try await workshop.verifier()
        #expect(await refusal(try workshop.token([workshop.status(255)]), by: verifier) == .revoked)
        for index in ["256", "131072", "9223372036854775807", "-1", "1.5", #""5""#] {
            let status = #"{"status_list":{"idx":\#(index),"uri":"\#(Workshop.list)"}}"#
            #expect(await isMalformed(try workshop.token([("status", status)]), by: verifier))
        }
    }

    // threats: JWT-05
    @Test(arguments: [
        "https://evil.example/oauth2/status-lists/AAAAAAAAAAE", "https://auth.example/oauth2/status-lists/",
        "https://auth.example/oauth2/status-lists/../jwks", "https://auth.example/oauth2/status-lists/a/b",
        "https://auth.example/oauth2/status-lists/a?b", "https://auth.example/oauth2/status-lists/%41",
        "https://auth.example.evil.example/oauth2/status-lists/A", "file:///etc/passwd", "",
        "https://auth.example/oauth2/status-lists/" + String(repeating: "A", count: 65),
    ])
    func `a status elsewhere is refused, and nothing is asked there`(address: String) async throws {
        let workshop = try Workshop()
        let verifier = try await workshop.verifier()
        let fetches = workshop.allFetches.count
        let status = #"{"status_list":{"idx":5,"uri":"\#(address)"}}"#
        #expect(await isMalformed(try workshop.token([("status", status)]), by: verifier))
        #expect(workshop.allFetches.count == fetches)
    }

    @Test
    func `a revoked token is refused after the next fetch, and others are not`() async throws {
        let workshop = try Workshop()
        let verifier = try await workshop.verifier()
        let token = try workshop.token()
        #expect(await refusal(token, by: verifier) == nil)
        workshop.revoke(Workshop.jti(7))
        workshop.revoke(Workshop.jti(1))
        workshop.revoke(Workshop.jti(3))
        workshop.time.advance(30)
        #expect(await verifier.follower.refreshDue() >= 1)
        await verifier.follower.settle()
        #expect(await refusal(token, by: verifier) == .revoked)
        #expect(await refusal(try workshop.token([("jti", "\"\(Workshop.jti(2))\"")]), by: verifier) == nil)
    }

    // threats: REV-15
    @Test
    func `a list that is replayed, unsigned, cut, another's or too old is not followed`() async throws {
        let workshop = try Workshop()
        workshop.revoke(Workshop.jti(1))
        let verifier = try await workshop.verifier()
        let token = try workshop.token()
        #expect(await refusal(token, by: verifier) == .revoked)
        let (start, address) = (workshop.time.now, Workshop.revocations)
        workshop.time.advance(10)
        let other = try SigningKey.generate(.es256)
        let good = try workshop.revocationList([])
        let (claims, elsewhere) = (workshop.claimsOfList, Workshop.issuer + "/oauth2/other")
        let lists: [(String, [UInt8])] = [
            ("replayed", try workshop.revocationList([], iat: start - 1)),
            ("of another key", try workshop.revocationList([], key: other)),
            ("cut", Array(good.dropLast(3))), ("empty", []), ("not signed", Array("{\"jtis\":[]}".utf8)),
            ("of another type", try workshop.sign(claims(address, #""jtis":[]"#, nil, 30))),
            ("of another address", try workshop.revocationList([], at: elsewhere)),
            ("a status list", try workshop.statusList([0])),
            ("from the future", try workshop.revocationList([], iat: workshop.time.now + 61)),
            ("without jtis", try workshop.sign(claims(address, #""x":1"#, nil, 30), type: "revocations+jwt")),
            ("with a strange jti", try workshop.revocationList(["x"])),
            (
                "without ttl",
                try workshop.sign(claims(address, #""jtis":[]"#, nil, 0), type: "revocations+jwt")
            ),
            ("too large", [UInt8](repeating: 65, count: (4 << 20) + 1)),
        ]
        for (name, list) in lists {
            workshop.replace(address, by: list)
            #expect(await verifier.refresh() == false, "\(name)")
            #expect(throws: TokenRefusal.revoked, "\(name)") { try verifier.verifyWithoutWaiting(token) }
        }
        workshop.replace(address, by: good)
        #expect(await verifier.refresh())
        #expect(await refusal(token, by: verifier) == nil, "a later list counts")
    }

    // threats: REV-15
    @Test
    func `a list that somebody keeps from growing older is refused when its ttl is over`() async throws {
        let workshop = try Workshop()
        let verifier = try await workshop.verifier()
        let token = try workshop.token([("exp", "\(workshop.time.now + 3000)")])
        #expect(await refusal(token, by: verifier) == nil)
        for address in [Workshop.list, Workshop.revocations] {
            workshop.replace(address, by: try workshop.document(address))
        }
        workshop.time.advance(85)
        #expect(await verifier.refresh(), "within its ttl and the skew")
        workshop.time.advance(10)
        workshop.keepUnchanged()
        #expect(await verifier.refresh() == false, "not modified, and too old all the same")
        workshop.time.advance(26)
        #expect(await refusal(token, by: verifier) == .staleStatus)
    }

    // threats: REV-15
    @Test
    func `without the lists every token is refused as soon as the promise would break`() async throws {
        let workshop = try Workshop()
        let (strict, patient) = (
            try await workshop.verifier(),
            try await workshop.verifier { $0.revocation = .required(outage: 60) }
        )
        let loose = try await workshop.verifier { $0.revocation = .bestEffort }
        let blind = try await workshop.verifier { $0.revocation = .ignored }
        let token = try workshop.token()
        for verifier in [strict, patient, loose, blind] { #expect(await refusal(token, by: verifier) == nil) }
        workshop.isAway = true
        workshop.time.advance(35)
        #expect(await refusal(token, by: strict) == nil, "ttl and one fetch")
        workshop.time.advance(1)
        #expect(await refusal(token, by: strict) == .staleStatus)
        for verifier in [patient, loose, blind] { #expect(await refusal(token, by: verifier) == nil) }
        workshop.time.advance(60)
        #expect(await refusal(token, by: patient) == .staleStatus)
        for verifier in [loose, blind] { #expect(await refusal(token, by: verifier) == nil) }
        workshop.isAway = false
        workshop.time.advance(2)
        #expect(await refusal(token, by: strict) == nil, "the first token that needs them gets them")
    }

    @Test
    func `with the best effort a token without status is good, and what a list says counts`() async throws {
        let workshop = try Workshop()
        workshop.isAway = false
        workshop.set(5, to: 1)
        let verifier = try await workshop.verifier { $0.revocation = .bestEffort }
        #expect(await refusal(try workshop.token([("status", nil)]), by: verifier) == nil)
        #expect(await refusal(try workshop.token(), by: verifier) == .revoked)
        workshop.isAway = true
        workshop.time.advance(250)
        #expect(await refusal(try workshop.token(), by: verifier) == .revoked, "however old it is")
        let unknown: (String, String?) = (
            "status", #"{"status_list":{"idx":5,"uri":"https://auth.example/oauth2/status-lists/B"}}"#
        )
        #expect(await refusal(try workshop.token([unknown]), by: verifier) == nil, "no list can be had")
    }

    @Test
    func `no list is fetched when they are ignored`() async throws {
        let workshop = try Workshop()
        let verifier = try await workshop.verifier { $0.revocation = .ignored }
        #expect(await refusal(try workshop.token(), by: verifier) == nil)
        workshop.time.advance(300)
        _ = await verifier.follower.refreshDue()
        await verifier.follower.settle()
        #expect(workshop.allFetches == [Workshop.jwks, Workshop.jwks])
    }

    @Test
    func `a status list that inflates to more than its bound, or has other bits, is not taken`() async throws
    {
        let workshop = try Workshop()
        let verifier = try await workshop.verifier()
        for list in [
            try workshop.statusList([UInt8](repeating: 0, count: (128 << 10) + 1)),
            try workshop.statusList([UInt8](repeating: 0, count: 64), bits: 1),
        ] {
            workshop.replace(Workshop.list, by: list)
            #expect(await refusal(try workshop.token(), by: verifier) == .staleStatus)
            workshop.time.advance(2)
        }
        workshop.replace(Workshop.list, by: try workshop.statusList([UInt8](repeating: 0, count: 128 << 10)))
        #expect(await refusal(try workshop.token(), by: verifier) == nil)
    }
}

extension Workshop {
    func status(_ index: Int) -> (String, String?) {
        ("status", #"{"status_list":{"idx":\#(index),"uri":"\#(Self.list)"}}"#)
    }

    func claimsOfList(_ address: String, _ more: String, _ iat: Int64?, _ ttl: Int64) -> String {
        listClaims(address, more, iat: iat, ttl: ttl)
    }
}
