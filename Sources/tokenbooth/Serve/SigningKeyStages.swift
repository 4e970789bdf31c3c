import AuthorizationServer
import JOSE
import KeyWitness
import Logging
import OAuth
import Primitives

/// Signs a probe of the witness with a key.
typealias ProbeSigner = @Sendable (_ key: SigningKey, _ message: [UInt8]) throws -> [UInt8]

/// Which signing keys sign and which are only published, from their files and their rows.
struct SigningKeyStages: Sendable {
    let records: [SigningKeyRecord]
    let files: [SigningKey]

    /// As tokens get their signatures.
    static let signer: ProbeSigner = { key, message in try SigningContext(key).sign(message.span) }

    /// The first key of each algorithm is active at once, any other waits.
    static func initialRecords(_ files: [SigningKey], at now: NumericDate) -> [SigningKeyRecord] {
        var seen: Set<JWSAlgorithm> = []
        return files.map { key in
            SigningKeyRecord(
                kid: key.kid,
                algorithm: key.algorithm.rawValue,
                stage: seen.insert(key.algorithm).inserted ? .active : .pending,
                createdAt: now
            )
        }
    }

    /// Files that appeared since the last start.
    var newFiles: [SigningKey] { files.filter { record(of: $0) == nil } }

    func pendingRecord(_ key: SigningKey, at now: NumericDate) -> SigningKeyRecord {
        SigningKeyRecord(kid: key.kid, algorithm: key.algorithm.rawValue, stage: .pending, createdAt: now)
    }

    /// - Throws: ``StartRefusal`` when a key that signs has lost its file.
    func checkPresence(in directory: String) throws(StartRefusal) {
        for record in records where record.stage == .active {
            guard files.contains(where: { bytesEqual($0.kid, record.kid) }) else {
                throw StartRefusal(
                    description:
                        "the active signing key \(record.kid) has no file in \(directory): restore it"
                )
            }
        }
    }

    /// The ring of a server with these settings, every active key witnessed.
    ///
    /// - Throws: ``StartRefusal``; `WitnessRefusal` for a key or a signer that does not stand the test.
    func ring(for settings: Settings, logger: Logger, signer: ProbeSigner) throws -> KeyRing {
        var active: [SigningKey] = []
        for algorithm in settings.algorithms {
            guard let key = self.active(algorithm) else {
                throw StartRefusal(
                    description:
                        "the setting algorithms names \(algorithm.rawValue), for which there is no active "
                        + "signing key: keys are made at the first start"
                )
            }
            active.append(key)
        }
        for key in active { try Self.examine(key, logger: logger) { try signer(key, $0) } }
        let others = files.filter { key in
            !active.contains { $0.kid == key.kid } && record(of: key)?.stage != .retired
        }
        guard let ring = KeyRing(active: active, alsoPublished: others.map(\.publicKey)) else {
            throw StartRefusal(description: "no signing key is active")
        }
        return ring
    }

    /// Before a key signs for others, code that is not ours must accept what it signs, and refuse one changed bit.
    ///
    /// - Throws: `WitnessRefusal`.
    private static func examine(
        _ key: SigningKey,
        logger: Logger,
        signer: (_ message: [UInt8]) throws -> [UInt8]
    ) throws(WitnessRefusal) {
        let witness = try KeyWitness.examine(key, signer: signer)
        logger.info(
            "signing key witnessed",
            metadata: [
                "kid": "\(key.kid)", "alg": "\(key.algorithm.rawValue)", "witness": "\(witness.rawValue)",
            ]
        )
    }

    private func active(_ algorithm: JWSAlgorithm) -> SigningKey? {
        files.first { $0.algorithm == algorithm && record(of: $0)?.stage == .active }
    }

    private func record(of key: SigningKey) -> SigningKeyRecord? {
        records.first { bytesEqual($0.kid, key.kid) }
    }
}
