import JOSE
import Synchronization
import Testing
import TokenVerifier
import TokenVerifierTesting

@Suite("Following the issuer's documents")
struct FollowTests {
    @Test
    func `each document is fetched when it is due, and not before`() async throws {
        let workshop = try Workshop()
        let verifier = try await workshop.verifier()
        _ = try await verifier.verify(workshop.token())
        func due() async -> [String] {
            let before = workshop.allFetches.count
            _ = await verifier.follower.refreshDue()
            await verifier.follower.settle()
            return workshop.allFetches.dropFirst(before).sorted()
        }
        #expect(await due() == [])
        workshop.time.advance(29)
        #expect(await due() == [])
        workshop.time.advance(1)
        #expect(await due() == [Workshop.revocations, Workshop.list])
        #expect(await due() == [])
        workshop.time.advance(270)
        #expect(await due() == [Workshop.jwks, Workshop.revocations, Workshop.list])
        workshop.time.advance(601)
        _ = await due()
        #expect(await due() == [])
        workshop.time.advance(30)
        #expect(await due() == [Workshop.revocations], "no token has named the status list for ten minutes")
    }

    @Test
    func `while the issuer is away it is asked once a second`() async throws {
        let workshop = try Workshop()
        let verifier = try await workshop.verifier()
        workshop.isAway = true
        workshop.time.advance(30)
        let before = workshop.fetches(Workshop.revocations)
        for _ in 0..<5 {
            for _ in 0..<3 {
                #expect(await verifier.follower.refreshDue() <= 1000)
                await verifier.follower.settle()
            }
            workshop.time.advance(1)
        }
        #expect(workshop.fetches(Workshop.revocations) == before + 5)
    }

    @Test
    func `a list by a key that is not known yet is taken after the key set was fetched`() async throws {
        let workshop = try Workshop()
        let verifier = try await workshop.verifier()
        let second = try SigningKey.generate(.es256)
        workshop.publish([workshop.key, second])
        workshop.time.advance(30)
        workshop.replace(
            Workshop.revocations,
            by: try workshop.revocationList([Workshop.jti(1)], key: second)
        )
        _ = await verifier.follower.refreshDue()
        await verifier.follower.settle()
        #expect(workshop.fetches(Workshop.jwks) == 2)
        #expect(await refusal(try workshop.token(), by: verifier) == .revoked)
    }

    @Test
    func `a source that never answers is given up after its time`() async throws {
        let slow = SlowSource(try Workshop())
        var configuration = VerifierConfiguration(issuer: Workshop.issuer, audience: Workshop.audience)
        configuration.fetchTimeout = 1
        let start = ContinuousClock.now
        await #expect(throws: VerifierStartError.noVerificationKey("\(Workshop.jwks): no answer within 1 s"))
        {
            _ = try await AccessTokenVerifier(configuration, documents: slow)
        }
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test
    func `the issuer for tests mints what verifies, and ends it`() async throws {
        let issuer = try TestIssuer()
        let verifier = try await issuer.verifier(audience: "a")
        let following = Task { await verifier.follow() }
        let token = try issuer.token(
            audience: "a",
            scopes: ["read"],
            roles: ["teller"],
            groups: ["finance"],
            claims: [(name: "tenant", value: .object([(name: "id", value: .integer(7))]))]
        )
        let verified = try await verifier.verify(token)
        #expect(verified.scopes == ["read"] && verified.roles == ["teller"] && verified.groups == ["finance"])
        #expect(verified["tenant"]?["id"]?.integer == 7 && verified.subject == "key_test")
        let (other, third) = (try issuer.token(audience: "a"), try issuer.token(audience: "a"))
        #expect(await refusal(try issuer.token(audience: "b"), by: verifier) == .wrongAudience)
        #expect(await refusal(try issuer.token(audience: "a", lifetime: -61), by: verifier) == .expired)
        issuer.revoke(token)
        issuer.endKey(of: other)
        issuer.endKey(of: third, isSuspended: true)
        #expect(await verifier.refresh())
        #expect(await refusal(token, by: verifier) == .revoked)
        #expect(await refusal(other, by: verifier) == .revoked)
        #expect(await refusal(third, by: verifier) == .suspended)
        following.cancel()
        await following.value
    }
}

/// Answers only when it is cancelled.
private final class SlowSource: DocumentSource {
    private let workshop: Workshop

    init(_ workshop: Workshop) { self.workshop = workshop }

    func fetch(_ request: DocumentRequest) async throws -> FetchedDocument {
        try await Task.sleep(for: .seconds(60))
        return try await workshop.fetch(request)
    }
}

/// What a verifier has reported.
final class Faults: Sendable {
    private let texts = Mutex<[String]>([])

    func add(_ address: String, _ reason: String) { texts.withLock { $0.append("\(address) \(reason)") } }
    var all: [String] { texts.withLock { $0 } }
}
