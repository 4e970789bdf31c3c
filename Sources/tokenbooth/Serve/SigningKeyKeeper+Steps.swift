import Administration
import AuthorizationServer
import JOSE
import KeyWitness
import Logging
import OAuth
import Primitives

/// The steps of the schedule, as they fall due.
extension SigningKeyKeeper {
    /// Does what is due; what fails leaves the keys as they are, is logged and tried again.
    func tend() async {
        guard past.now >= nextLook else { return }
        await exclusively {
            var hasFailed = false
            for step in await dueSteps(&hasFailed) {
                do {
                    try await perform(step)
                } catch {
                    hasFailed = true
                    logger.error(
                        "a step of the signing keys has failed: the keys stay as they are",
                        metadata: ["step": "\(step)", "error": "\(Self.words(error))"]
                    )
                }
            }
            if hasFailed { postpone() }
        }
    }

    private func dueSteps(_ hasFailed: inout Bool) async -> [SigningKeySchedule.Step] {
        do {
            let records = try await store.read { try $0.signingKeys() }
            try take(records)
            return SigningKeySchedule(records, policy: currentPolicy).dueSteps(at: past.now)
        } catch {
            hasFailed = true
            logger.error("the signing keys cannot be read", metadata: ["error": "\(Self.words(error))"])
            return []
        }
    }

    private func perform(_ step: SigningKeySchedule.Step) async throws {
        switch step {
        case .publish(let algorithm): try await publishNext(algorithm)
        case .rotate(let algorithm): try await rotateNow([algorithm], by: .system) { _ in }
        case .retire(let kid):
            try await change { schedule, now, policy in
                schedule[kid].map { [$0.retired(at: now, policy)] } ?? []
            }
        case .remove(let kid):
            try await change { schedule, now, _ in schedule[kid].map { [$0.removed(at: now)] } ?? [] }
            removeFile(kid)
        }
    }

    /// Makes a key and publishes it ahead: the file first, then the row.
    func publishNext(_ algorithm: String, by order: SigningKeyOrder = .system) async throws {
        guard let algorithm = JWSAlgorithm(named: algorithm) else { return }
        let records = try await store.installation()?.signingKeys ?? []
        // One whose row could not be written before is as good as a new one.
        let key: SigningKey
        if let spare = SigningKeyStages(records: records, files: files).unrecorded(algorithm) {
            key = spare
        } else {
            key = try SigningKey.generate(algorithm)
            try directory.store(key)
            files.append(key)
        }
        let now = clock.now
        let usableAt = currentPolicy.usableAt(publishedAt: now)
        let record = SigningKeyRecord(key, stage: .pending, at: now, usableAt: usableAt)
        try take(
            try await store.write { writer in
                try writer.insert(record)
                try writer.record(order.event(of: record, at: now))
                return try writer.signingKeys()
            }
        )
        log("signing key published", record)
    }

    /// Changes rows, then the ring; the rule sees the rows under the write lock.
    @discardableResult
    func change(
        _ rule:
            @escaping @Sendable (SigningKeySchedule, NumericDate, SigningKeyPolicy) throws ->
            [SigningKeyRecord],
        by order: SigningKeyOrder = .system,
        permit: @escaping SigningKeyDesk.Permit = { _ in }
    ) async throws -> [SigningKeyRecord] {
        let (policy, now) = (currentPolicy, clock.now)
        let (changes, records) = try await store.write { writer in
            try permit(writer)
            let changes = try rule(SigningKeySchedule(try writer.signingKeys(), policy: policy), now, policy)
            for change in changes {
                try writer.update(change)
                try writer.record(order.event(of: change, at: now))
            }
            try order.conclude(in: writer, at: now)
            return (changes, try writer.signingKeys())
        }
        try take(records)
        for change in changes { log("signing key \(change.stage.rawValue)", change) }
        return changes
    }

    /// Deletes a key's file, after its row said so.
    ///
    /// A file that stays is deleted at the next start.
    func removeFile(_ kid: String) {
        files.removeAll { bytesEqual($0.kid, kid) }
        do throws(FileError) {
            try directory.remove(kid)
        } catch {
            guard error.kind != .notFound else { return }
            logger.error(
                "the file of a removed signing key cannot be deleted",
                metadata: ["kid": "\(kid)", "error": "\(error)"]
            )
        }
    }

    private func log(_ message: Logger.Message, _ record: SigningKeyRecord) {
        logger.notice(message, metadata: ["kid": "\(record.kid)", "alg": "\(record.algorithm)"])
    }

    static func words(_ error: any Error) -> String {
        (error as? StoreUnavailable)?.reason ?? "\(error)"
    }
}

extension SigningKeyStages {
    /// A key at hand that nobody has recorded.
    fileprivate func unrecorded(_ algorithm: JWSAlgorithm) -> SigningKey? {
        files.first { key in
            key.algorithm == algorithm && !records.contains { bytesEqual($0.kid, key.kid) }
        }
    }
}
