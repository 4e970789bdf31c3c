import AuthorizationServer
import JOSE
import Logging
import OAuth
import Testing

@testable import tokenbooth

@Suite("Signing keys at start: the witness and the stages")
struct SigningKeyStagesTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private let now = NumericDate(1_700_000_000)
    private let policy = SigningKeyPolicy(algorithms: ["ES256"], copies: KeySetCopies(maxAge: 300))

    private func initial(_ keys: [SigningKey]) -> [SigningKeyRecord] {
        SigningKeyStages.initialRecords(keys, policy: policy, at: now)
    }

    @Test(arguments: JWSAlgorithm.allCases)
    func `an honest signer of each algorithm is accepted`(algorithm: JWSAlgorithm) throws {
        let key = try SigningKey.generate(algorithm)
        try SigningKeyStages.examine(key, logger: logger, signer: SigningKeyStages.signer)
        let ring = try SigningKeyStages(records: initial([key]), files: [key]).ring(for: [algorithm])
        #expect(ring.active.map(\.kid) == [key.kid])
    }

    // threats: JWT-22
    @Test
    func `a key file that appears is published, does not sign, and vouches for nothing yet`() throws {
        let first = try SigningKey.generate(.es256)
        let second = try SigningKey.generate(.es256)
        let stages = SigningKeyStages(records: initial([first]), files: [first, second])
        let new = stages.newRecords(policy: policy, at: now)
        #expect(new.map(\.kid) == [second.kid] && new[0].stage == .pending)
        #expect(new[0].usableAt == now.advanced(by: 360))
        let ring = try SigningKeyStages(records: stages.records + new, files: stages.files).ring(for: [.es256]
        )
        #expect(ring.active.map(\.kid) == [first.kid])
        #expect(ring.published.map(\.kid) == [first.kid, second.kid])
        #expect(ring.verificationKey(first.kid) != nil && ring.verificationKey(second.kid) == nil)
    }

    @Test
    func `an active key without its file is a refusal to start`() throws {
        let key = try SigningKey.generate(.es256)
        let stages = SigningKeyStages(records: initial([key]), files: [])
        #expect(throws: StartRefusal.self) { try stages.checkPresence(in: "keys") }
        #expect(throws: StartRefusal.self) { try stages.ring(for: [.es256]) }
    }

    @Test
    func `without a key of the algorithms in the settings, the key that signed signs on`() throws {
        let key = try SigningKey.generate(.es256)
        let stages = SigningKeyStages(records: initial([key]), files: [key])
        #expect(try stages.ring(for: [.eddsa]).active.map(\.kid) == [key.kid])
        let other = try SigningKey.generate(.eddsa)
        let both = SigningKeyStages(records: initial([key, other]), files: [key, other])
        let ring = try both.ring(for: [.eddsa])
        #expect(ring.active.map(\.kid) == [other.kid] && ring.published.count == 2)
        #expect(ring.verificationKey(key.kid) != nil)
    }

    @Test
    func `rows follow what became of their files`() throws {
        let keys = try (0..<3).map { _ in try SigningKey.generate(.es256) }
        var records = initial(keys)
        records[2] = records[2].activated(at: now, policy).retired(at: now, policy)
        var longer = policy
        longer.tokenLifetime = 7200
        let corrected = SigningKeyStages(records: records, files: [keys[0]]).corrections(
            policy: longer,
            at: now
        )
        #expect(corrected.map(\.record.kid) == [keys[0].kid, keys[1].kid])
        #expect(corrected[0].record.tokenLifetime == 7200 && corrected[0].reason == nil)
        #expect(corrected[1].record.stage == .removed && corrected[1].reason != nil)
        // Without its file a retired key is published from its row.
        let ring = try SigningKeyStages(records: [records[0], records[2]], files: [keys[0]]).ring(for: [
            .es256
        ])
        #expect(ring.published.map(\.kid) == [keys[0].kid, keys[2].kid])
        records[2].jwk = []
        let lost = SigningKeyStages(records: records, files: [keys[0], keys[1]])
        #expect(lost.corrections(policy: policy, at: now).map(\.record.stage) == [.removed])
        records[1] = records[1].removed(at: now)
        let stages = SigningKeyStages(records: records, files: keys)
        #expect(stages.leftovers.map(\.kid) == [keys[1].kid])
        #expect(stages.newRecords(policy: policy, at: now).isEmpty)
    }
}
