import AuthorizationServer
import JOSE
import KeyWitness
import Logging
import OAuth
import Primitives

/// Signs a probe of the witness with a key.
typealias ProbeSigner = @Sendable (_ key: SigningKey, _ message: [UInt8]) throws -> [UInt8]

/// Signing keys as files and as rows, held against each other.
struct SigningKeyStages: Sendable {
    /// Removed ones too.
    let records: [SigningKeyRecord]
    let files: [SigningKey]

    /// As tokens get their signatures: appended to what is signed, the first half of which has been hashed before.
    static let signer: ProbeSigner = { key, message in
        var jws = message
        let beginning = SHA256Beginning(Array(message.prefix(message.count / 2)))
        try SigningContext(key).signAppending(&jws, hashed: beginning)
        // No signature, which no witness accepts, if it is not base64url.
        return Base64URL.decode(jws[(message.count + 1)...]) ?? []
    }

    /// Keys of a first start: the first of each algorithm signs at once, for no verifier has a key set yet; any
    /// other waits.
    static func initialRecords(
        _ files: [SigningKey],
        policy: SigningKeyPolicy,
        at now: NumericDate
    ) -> [SigningKeyRecord] {
        var seen: Set<JWSAlgorithm> = []
        return files.map { key in
            let record = SigningKeyRecord(key, stage: .pending, at: now, usableAt: now)
            return seen.insert(key.algorithm).inserted ? record.activated(at: now, policy) : record
        }
    }

    /// Files that nobody has recorded: published from now on, and signing later.
    func newRecords(policy: SigningKeyPolicy, at now: NumericDate) -> [SigningKeyRecord] {
        files.filter { record(of: $0.kid) == nil }.map {
            SigningKeyRecord($0, stage: .pending, at: now, usableAt: policy.usableAt(publishedAt: now))
        }
    }

    /// Files of keys that were removed: a crash came between row and file, or a backup has brought them back.
    var leftovers: [SigningKey] { files.filter { record(of: $0.kid)?.stage == .removed } }

    /// - Throws: ``StartRefusal`` when a key that signs has lost its file.
    func checkPresence(in directory: String) throws(StartRefusal) {
        for record in records where record.stage == .active {
            guard file(of: record.kid) != nil else {
                throw StartRefusal(
                    description:
                        "the active signing key \(record.kid) has no file in \(directory): restore it"
                )
            }
        }
    }

    /// Rows that are not as files and settings want them, as they are to be, each with a word for the log.
    func corrections(
        policy: SigningKeyPolicy,
        at now: NumericDate
    ) -> [(record: SigningKeyRecord, reason: String?)] {
        records.compactMap { old in
            var record = old
            let file = file(of: old.kid)
            if let file, record.jwk.isEmpty { record.jwk = file.publicKey.jwk.serialized }
            switch record.stage {
            case .pending where file == nil:
                return (record.removed(at: now), "its file is gone: another key is made in its place")
            case .retired where file == nil && record.jwk.isEmpty:
                return (record.removed(at: now), "its file is gone: it cannot be published any more")
            case .active:
                record.tokenLifetime = max(record.tokenLifetime ?? 0, policy.tokenLifetime)
            default: break
            }
            return record == old ? nil : (record, nil)
        }
    }

    /// What signs and is published with these settings.
    ///
    /// An algorithm that is in the settings and has no active key is passed over; when none has one, those sign on
    /// that did.
    ///
    /// - Throws: ``StartRefusal`` when nothing can sign, or when a published key cannot be read.
    func ring(for algorithms: [JWSAlgorithm]) throws(StartRefusal) -> KeyRing {
        let active = files.filter { record(of: $0.kid)?.stage == .active }
        let wanted = algorithms.compactMap { algorithm in active.first { $0.algorithm == algorithm } }
        let signing = wanted.isEmpty ? active : wanted
        let others = active.filter { key in !signing.contains { bytesEqual($0.kid, key.kid) } }
        guard
            let ring = KeyRing(
                active: signing,
                pending: try published(.pending),
                retired: others.map(\.publicKey) + (try published(.retired))
            )
        else {
            throw StartRefusal(
                description:
                    "no signing key is active, so nothing can be signed: restore database and keys of one moment"
            )
        }
        return ring
    }

    private func published(_ stage: SigningKeyRecord.Stage) throws(StartRefusal) -> [VerificationKey] {
        var keys: [VerificationKey] = []
        for record in SigningKeySchedule.published(records) where record.stage == stage {
            if let file = file(of: record.kid) {
                keys.append(file.publicKey)
            } else if let value = try? JSONValue(parsing: record.jwk), let jwk = try? JWK(parsing: value) {
                keys.append(VerificationKey(jwk))
            } else {
                throw StartRefusal(
                    description:
                        "the published signing key \(record.kid) has no file, and its row cannot be read: "
                        + "restore the file"
                )
            }
        }
        return keys
    }

    /// Before a key signs for others, code that is not ours must accept what it signs, and refuse one changed bit.
    ///
    /// - Throws: `WitnessRefusal`.
    static func examine(
        _ key: SigningKey,
        logger: Logger,
        signer: ProbeSigner
    ) throws(WitnessRefusal) {
        let witness = try KeyWitness.examine(key) { try signer(key, $0) }
        logger.info(
            "signing key witnessed",
            metadata: [
                "kid": "\(key.kid)", "alg": "\(key.algorithm.rawValue)", "witness": "\(witness.rawValue)",
            ]
        )
    }

    private func record(of kid: String) -> SigningKeyRecord? { records.first { bytesEqual($0.kid, kid) } }
    private func file(of kid: String) -> SigningKey? { files.first { bytesEqual($0.kid, kid) } }
}

extension SigningKeyRecord {
    init(_ key: SigningKey, stage: Stage, at now: NumericDate, usableAt: NumericDate) {
        self.init(
            kid: key.kid,
            algorithm: key.algorithm.rawValue,
            stage: stage,
            createdAt: now,
            jwk: key.publicKey.jwk.serialized,
            usableAt: usableAt
        )
    }
}

extension JWK {
    fileprivate var serialized: [UInt8] {
        var json: [UInt8] = []
        append(to: &json)
        return json
    }
}
