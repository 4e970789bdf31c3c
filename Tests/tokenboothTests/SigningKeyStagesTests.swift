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

    private func settings(_ algorithms: String) throws -> Settings {
        try Settings.load(environment: ["TOKENBOOTH_ALGORITHMS": algorithms])
    }

    @Test(arguments: JWSAlgorithm.allCases)
    func `an honest signer of each algorithm is accepted`(algorithm: JWSAlgorithm) throws {
        let key = try SigningKey.generate(algorithm)
        let stages = SigningKeyStages(records: SigningKeyStages.initialRecords([key], at: now), files: [key])
        let ring = try stages.ring(
            for: settings(algorithm.rawValue),
            logger: logger,
            signer: SigningKeyStages.signer
        )
        #expect(ring.active.map(\.kid) == [key.kid])
    }

    @Test
    func `a key file that appears is published and does not sign`() throws {
        let first = try SigningKey.generate(.es256)
        let second = try SigningKey.generate(.es256)
        let records = SigningKeyStages.initialRecords([first], at: now)
        let stages = SigningKeyStages(records: records, files: [first, second])
        #expect(stages.newFiles.map(\.kid) == [second.kid])
        let ring = try stages.ring(for: settings("ES256"), logger: logger, signer: SigningKeyStages.signer)
        #expect(ring.active.map(\.kid) == [first.kid])
        #expect(ring.published.map(\.kid) == [first.kid, second.kid])
    }

    @Test
    func `an active key without its file, or an algorithm without a key, is a refusal to start`() throws {
        let key = try SigningKey.generate(.es256)
        let stages = SigningKeyStages(records: SigningKeyStages.initialRecords([key], at: now), files: [])
        #expect(throws: StartRefusal.self) { try stages.checkPresence(in: "keys") }
        let other = SigningKeyStages(records: SigningKeyStages.initialRecords([key], at: now), files: [key])
        #expect(throws: StartRefusal.self) {
            try other.ring(for: settings("EdDSA"), logger: logger, signer: SigningKeyStages.signer)
        }
    }
}
