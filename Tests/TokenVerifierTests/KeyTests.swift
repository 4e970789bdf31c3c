import JOSE
import Testing
import TokenVerifier

@Suite("Key sets: RFC 7517, and how verifiers follow them")
struct KeyTests {
    // threats: JWT-23
    @Test
    func `without a key to verify with there is no verifier`() async throws {
        let workshop = try Workshop()
        let rsa = try SigningKey.generate(.rs256)
        let sets: [[UInt8]] = [
            [], Array("{}".utf8), Array(#"{"keys":[]}"#.utf8),
            Array(#"{"keys":[{"kty":"oct","k":"AA"}]}"#.utf8),
            JWKSet([workshop.key.publicKey.jwk, workshop.key.publicKey.jwk]).serialized,
            JWKSet([rsa.publicKey.jwk]).serialized, [UInt8](repeating: 0x20, count: (64 << 10) + 1),
        ]
        for set in sets {
            workshop.replace(Workshop.jwks, by: set)
            await #expect(throws: VerifierStartError.self) {
                _ = try await workshop.verifier { $0.algorithms = [.es256] }
            }
        }
        workshop.replace(Workshop.jwks, by: nil)
        workshop.isAway = true
        await #expect(throws: VerifierStartError.noVerificationKey("\(Workshop.jwks): Away()")) {
            _ = try await workshop.verifier()
        }
    }

    @Test(arguments: [
        ("", "a"), ("auth.example", "a"), ("http://auth.example", "a"), ("https://", "a"),
        ("https://auth.example/", "a"), ("https://auth.example?x", "a"), ("https://auth.example#x", "a"),
        ("https://user@auth.example", "a"), ("https://auth example", "a"), ("https://auth.example", ""),
        ("http://127.0.0.1.evil.example", "a"), ("http://localhostess", "a"),
    ])
    func `an issuer and an audience are needed, and rightly written`(
        issuer: String,
        audience: String
    ) async throws {
        let workshop = try Workshop()
        let configuration = VerifierConfiguration(issuer: issuer, audience: audience)
        let error = await #expect(throws: VerifierStartError.self) {
            _ = try await AccessTokenVerifier(configuration, documents: workshop)
        }
        if case .configuration? = error {} else { Issue.record("\(String(describing: error))") }
        #expect(workshop.allFetches.isEmpty)
    }

    @Test
    func `settings out of their range are refused, and nothing is clamped`() async throws {
        let workshop = try Workshop()
        let changes: [(inout VerifierConfiguration) -> Void] = [
            { $0.clockSkew = -1 }, { $0.clockSkew = 61 }, { $0.fetchTimeout = 0 }, { $0.fetchTimeout = 61 },
            { $0.keySetOutage = -1 }, { $0.revocation = .required(outage: 86_401) }, { $0.algorithms = [] },
            { $0.kinds = [] },
        ]
        for change in changes {
            await #expect(throws: VerifierStartError.self) { _ = try await workshop.verifier(change) }
        }
    }

    // threats: KEY-07
    @Test
    func `ten thousand tokens of unknown keys cause one fetch in ten seconds`() async throws {
        let workshop = try Workshop()
        let verifier = try await workshop.verifier()
        let stranger = try SigningKey.generate(.es256)
        let tokens = try (0..<10_000).map { number in
            let header = #"{"alg":"ES256","typ":"at+jwt","kid":"k\#(number)"}"#
            let token = try workshop.sign("{}", header: header, key: stranger)
            return String(decoding: token, as: UTF8.self)
        }
        workshop.time.advance(10)
        let unknown = await withTaskGroup(of: Bool.self) { group in
            for token in tokens { group.addTask { await refusal(token, by: verifier) == .unknownKey } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(unknown == 10_000)
        #expect(workshop.fetches(Workshop.jwks) == 2, "one at the start, one for all of them")
        workshop.time.advance(9)
        #expect(await refusal(tokens[0], by: verifier) == .unknownKey)
        #expect(workshop.fetches(Workshop.jwks) == 2)
        workshop.time.advance(1)
        #expect(await refusal(tokens[0], by: verifier) == .unknownKey)
        #expect(workshop.fetches(Workshop.jwks) == 3)
    }

    // threats: JWT-22
    @Test
    func `a key that appears is fetched for its first token, and one that is gone verifies nothing`()
        async throws
    {
        let workshop = try Workshop()
        let verifier = try await workshop.verifier()
        let second = try SigningKey.generate(.es256)
        let (old, new) = (try workshop.token(), try workshop.token(key: second))
        #expect(await refusal(new, by: verifier) == .unknownKey)
        workshop.publish([workshop.key, second])
        workshop.time.advance(10)
        #expect(await refusal(new, by: verifier) == nil)
        #expect(await refusal(old, by: verifier) == nil)
        workshop.publish([second])
        for address in [Workshop.list, Workshop.revocations] {
            // The lists are signed with the second key now.
            workshop.replace(address, by: try workshop.document(address, signedBy: second))
        }
        #expect(await verifier.refresh())
        #expect(await refusal(new, by: verifier) == nil)
        #expect(await refusal(old, by: verifier) == .unknownKey)
    }

    // threats: KEY-08
    @Test
    func `known keys verify while the issuer is away, for an hour, and then no more`() async throws {
        let workshop = try Workshop()
        let verifier = try await workshop.verifier { $0.revocation = .bestEffort }
        let token = try workshop.token([("exp", "\(workshop.time.now + 90_000)")])
        #expect(await refusal(token, by: verifier) == nil)
        workshop.isAway = true
        for _ in 0..<65 {
            workshop.time.advance(60)
            _ = await verifier.follower.refreshDue()
            await verifier.follower.settle()
            #expect(await refusal(token, by: verifier) == nil)
        }
        let stranger = try SigningKey.generate(.es256)
        #expect(
            await refusal(try workshop.token(key: stranger), by: verifier) == .staleKeySet,
            "a key that is unknown may be a new one"
        )
        workshop.time.advance(1)
        #expect(await refusal(token, by: verifier) == .staleKeySet)
        workshop.isAway = false
        workshop.time.advance(10)
        #expect(await refusal(token, by: verifier) == nil)
    }

    // threats: KEY-08
    @Test
    func `a key set that cannot be read leaves the one that is known`() async throws {
        let workshop = try Workshop()
        let faults = Faults()
        let verifier = try await workshop.verifier { $0.onFault = { faults.add($0, $1) } }
        workshop.replace(Workshop.jwks, by: Array(#"{"keys":[]}"#.utf8))
        #expect(await verifier.refresh() == false)
        #expect(await refusal(try workshop.token(), by: verifier) == nil)
        #expect(faults.all == ["\(Workshop.jwks) it has no key that may verify"])
    }
}
