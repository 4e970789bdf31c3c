import Administration
import AuthorizationServer
import JOSE
import KeyWitness
import Logging
import Primitives

/// What administrators may ask for.
extension SigningKeyKeeper: SigningKeyDesk {
    func policy() async -> SigningKeyPolicy { currentPolicy }

    func rotate(
        _ algorithms: [String],
        by order: SigningKeyOrder = .system,
        permit: @escaping Permit
    ) async throws {
        try await exclusively {
            try await asStoreFault { try await rotateNow(algorithms, by: order, permit: permit) }
        }
    }

    func revoke(
        _ kid: String,
        isForced: Bool,
        by order: SigningKeyOrder = .system,
        permit: @escaping Permit
    ) async throws -> SigningKeySchedule.Revocation? {
        try await exclusively {
            try await asStoreFault {
                let revocation = try await revokeNow(kid, isForced: isForced, by: order, permit: permit)
                if revocation != nil { await publishMissing(by: order) }
                return revocation
            }
        }
    }

    /// The next key is published before the one that waits may sign: whatever fails on the way, the old key goes on,
    /// and the next attempt finds the key that was made.
    func rotateNow(
        _ algorithms: [String],
        by order: SigningKeyOrder,
        permit: @escaping Permit
    ) async throws {
        let schedule = try await permitted(permit)
        let now = past.now
        for algorithm in algorithms { _ = try schedule.rotating(algorithm, at: now) }
        for algorithm in algorithms {
            try examine(schedule.successor(of: algorithm))
            if schedule.countPending(algorithm) < 2 { try await publishNext(algorithm, by: order) }
        }
        try await change(
            { schedule, now, _ in try algorithms.flatMap { try schedule.rotating($0, at: now) } },
            by: order,
            permit: permit
        )
    }

    private func revokeNow(
        _ kid: String,
        isForced: Bool,
        by order: SigningKeyOrder,
        permit: @escaping Permit
    ) async throws -> SigningKeySchedule.Revocation? {
        var schedule = try await permitted(permit)
        guard let record = schedule[kid] else { return nil }
        if let algorithm = schedule.algorithmOfHeir(of: record) {
            if isForced, schedule.successor(of: algorithm) == nil {
                try await publishNext(algorithm, by: order)
                schedule = try await permitted(permit)
            }
            try examine(schedule.successor(of: algorithm))
        }
        _ = try schedule.revoking(kid, isForced: isForced, at: past.now)
        try await change(
            { schedule, now, _ in
                try schedule.revoking(kid, isForced: isForced, at: now)?.changes ?? []
            },
            by: order,
            permit: permit
        )
        removeFile(kid)
        // What is said of it has the dates that the row has.
        return try schedule.revoking(kid, isForced: isForced, at: clock.now)
    }

    /// The rows as they are, for somebody who may ask.
    private func permitted(_ permit: @escaping Permit) async throws -> SigningKeySchedule {
        let policy = currentPolicy
        return try await store.read { reader in
            try permit(reader)
            return SigningKeySchedule(try reader.signingKeys(), policy: policy)
        }
    }

    /// - Throws: ``SigningKeyFault`` for a key that must not sign.
    private func examine(_ record: SigningKeyRecord?) throws {
        guard let record else { return }
        guard let key = key(record.kid) else { throw SigningKeyFault(kid: record.kid) }
        do throws(WitnessRefusal) {
            try witness(key)
        } catch {
            logger.error("a signing key does not stand its test", metadata: ["error": "\(error)"])
            throw SigningKeyFault(kid: record.kid)
        }
    }

    /// Revoking does not wait for room on the disk: what cannot be made now is made later.
    private func publishMissing(by order: SigningKeyOrder) async {
        do {
            let policy = currentPolicy
            let schedule = SigningKeySchedule(try await store.read { try $0.signingKeys() }, policy: policy)
            for algorithm in policy.algorithms where schedule.successor(of: algorithm) == nil {
                try await publishNext(algorithm, by: order)
            }
        } catch {
            logger.error("no next signing key", metadata: ["error": "\(Self.words(error))"])
            postpone()
        }
    }

    /// A keys directory that cannot be written is a fault of the store to whoever asks.
    private func asStoreFault<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as FileError {
            figures.countFailure()
            throw StoreUnavailable(reason: "the keys directory: \(error)")
        } catch let error as KeyError {
            figures.countFailure()
            throw StoreUnavailable(reason: "no new signing key: \(error)")
        }
    }
}
