import Administration
import AuthorizationServer
import HTTPFrontEnd
import JOSE
import Logging
import OAuth
import SQLiteStore

/// Brings files and rows of the signing keys together, at a start and at SIGHUP.
struct SigningKeyOpening: Sendable {
    let directory: KeysDirectory
    let store: SQLiteStore
    let clock: WallClock
    let logger: Logger

    init(directory: KeysDirectory, store: SQLiteStore, clock: WallClock, logger: Logger) {
        self.directory = directory
        self.store = store
        self.clock = clock
        self.logger = logger
    }

    init(_ start: Start) {
        self.init(directory: start.keys, store: start.store, clock: start.clock, logger: start.logger)
    }

    struct Opened: Sendable {
        let policy: SigningKeyPolicy
        let files: [SigningKey]
        let ring: KeyRing
    }

    /// - Throws: ``StartRefusal``, ``FileError``; store failures.
    func open(_ settings: Settings) async throws -> Opened {
        let now = clock.now
        let files = try directory.signingKeys()
        let installation = try await installation()
        let before = installation.keySetCopies ?? KeySetCopies(maxAge: settings.jwksMaxAge)
        let policy = SigningKeyPolicy(
            settings,
            copies: before.changed(to: settings.jwksMaxAge, at: now)
        )
        let stages = SigningKeyStages(records: installation.signingKeys, files: files)
        try stages.checkPresence(in: directory.path)
        let new = stages.newRecords(policy: policy, at: now)
        let corrections = stages.corrections(policy: policy, at: now)
        let isKnown = installation.keySetCopies == policy.copies
        if !isKnown || !new.isEmpty || !corrections.isEmpty {
            try await store.write { writer in
                try writer.set(policy.copies)
                for (record, _) in corrections { try writer.update(record) }
                for record in new { try writer.insert(record) }
            }
        }
        for record in new { log("a signing key file appeared: it is published and signs later", record) }
        for case (let record, let reason?) in corrections {
            logger.warning("signing key removed: \(reason)", record)
        }
        removeFiles(of: stages.leftovers)
        let records = try await self.installation().signingKeys
        let ring = try SigningKeyStages(records: records, files: files).ring(for: settings.algorithms)
        return Opened(policy: policy, files: files, ring: ring)
    }

    /// - Throws: ``StartRefusal`` when it is gone, which nothing of ours does.
    private func installation() async throws -> Installation {
        guard let installation = try await store.installation() else {
            throw StartRefusal(
                description:
                    "the database has lost its installation row: something else has written to it; restore a backup"
            )
        }
        return installation
    }

    private func log(_ message: Logger.Message, _ record: SigningKeyRecord) {
        logger.info(message, metadata: ["kid": "\(record.kid)", "alg": "\(record.algorithm)"])
    }

    private func removeFiles(of keys: [SigningKey]) {
        for key in keys {
            do throws(FileError) {
                try directory.remove(key.kid)
                logger.warning(
                    "the file of a removed signing key is deleted",
                    metadata: ["kid": "\(key.kid)"]
                )
            } catch {
                logger.error(
                    "the file of a removed signing key cannot be deleted",
                    metadata: ["kid": "\(key.kid)", "error": "\(error)"]
                )
            }
        }
    }
}

extension Logger {
    fileprivate func warning(_ message: Logger.Message, _ record: SigningKeyRecord) {
        warning(message, metadata: ["kid": "\(record.kid)", "alg": "\(record.algorithm)"])
    }
}

extension SigningKeyPolicy {
    init(_ settings: Settings, copies: KeySetCopies) {
        self.init(
            algorithms: settings.algorithms.map(\.rawValue),
            copies: copies,
            margin: settings.signingKeyMargin,
            tokenLifetime: settings.tokenPolicy.maximumLifetime,
            listLifetime: Int(StatusTimes.listLifetime),
            rotation: settings.signingKeyRotation.seconds
        )
    }
}
