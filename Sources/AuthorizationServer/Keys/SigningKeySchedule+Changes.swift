package import OAuth
import Primitives

/// Why a key may not sign yet.
package struct SigningKeyGate: Error, Sendable, Equatable {
    package let algorithm: String
    /// The key that would sign next; `nil` when none is published.
    package let kid: String?
    /// From when on it may.
    package let usableAt: NumericDate?

    package init(algorithm: String, kid: String?, usableAt: NumericDate?) {
        self.algorithm = algorithm
        self.kid = kid
        self.usableAt = usableAt
    }
}

/// The rows as they are after a step, in the order in which they are to be written.
extension SigningKeySchedule {
    /// The successor signs and the active key retires.
    ///
    /// - Throws: ``SigningKeyGate`` while verifiers may hold a key set without the successor.
    package func rotating(
        _ algorithm: String,
        at now: NumericDate
    ) throws(SigningKeyGate) -> [SigningKeyRecord] {
        let successor = try usableSuccessor(of: algorithm, isForced: false, at: now)
        let retired = active(algorithm).map { [$0.retired(at: now, policy)] } ?? []
        return retired + [successor.activated(at: now, policy)]
    }

    /// What revoking a key comes to.
    package struct Revocation: Sendable, Equatable {
        package let changes: [SigningKeyRecord]
        package let revoked: SigningKeyRecord
        /// The key that signs in its place; `nil` when the revoked key was not the one that signs.
        package let successor: SigningKeyRecord?
        /// Until when verifiers may go on with a key set that has the revoked key.
        package let acceptedElsewhereUntil: NumericDate
    }

    /// Takes a key away before its time.
    ///
    /// - Parameter isForced: The successor signs even if verifiers may hold a key set without it.
    /// - Returns: `nil` when there is no such key.
    /// - Throws: ``SigningKeyGate`` when no successor may sign.
    package func revoking(
        _ kid: String,
        isForced: Bool,
        at now: NumericDate
    ) throws(SigningKeyGate) -> Revocation? {
        guard let record = self[kid] else { return nil }
        let revoked = record.removed(at: now, isRevoked: true)
        let successor = try heir(of: record, isForced: isForced, at: now)?.activated(at: now, policy)
        return Revocation(
            changes: [revoked] + (successor.map { [$0] } ?? []),
            revoked: revoked,
            successor: successor,
            acceptedElsewhereUntil: policy.copies.end(at: now)
        )
    }

    /// The algorithm whose pending key has to sign when this key is taken away; `nil` when none has to.
    package func algorithmOfHeir(of record: SigningKeyRecord) -> String? {
        guard record.stage == .active else { return nil }
        if policy.signs(record.algorithm) { return record.algorithm }
        let others = records.contains { $0.stage == .active && !bytesEqual($0.kid, record.kid) }
        return others ? nil : policy.algorithms.first
    }

    private func heir(
        of record: SigningKeyRecord,
        isForced: Bool,
        at now: NumericDate
    ) throws(SigningKeyGate) -> SigningKeyRecord? {
        guard let algorithm = algorithmOfHeir(of: record) else { return nil }
        return try usableSuccessor(of: algorithm, isForced: isForced, at: now)
    }

    private func usableSuccessor(
        of algorithm: String,
        isForced: Bool,
        at now: NumericDate
    ) throws(SigningKeyGate) -> SigningKeyRecord {
        guard let successor = successor(of: algorithm) else {
            throw SigningKeyGate(algorithm: algorithm, kid: nil, usableAt: nil)
        }
        guard isForced || now >= successor.usableAt else {
            throw SigningKeyGate(algorithm: algorithm, kid: successor.kid, usableAt: successor.usableAt)
        }
        return successor
    }
}
