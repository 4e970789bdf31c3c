import AuthorizationServer
import Foundation
import GRDB
import OAuth
import Primitives

/// How refresh families begin, and how their rows go away.
extension StoreTransaction {
    func open(_ opening: FamilyOpening, as id: FamilyID) throws -> RefreshAnswer {
        let (client, now, policy) = (opening.client, opening.now, opening.policy)
        let key = try first(
            """
            SELECT number, revokedAt IS NOT NULL, isDisabled, expiresAt, statusList, statusPosition FROM apiKey
            WHERE id = ?
            """,
            [client.id.ulid.stored]
        ) { row in
            (
                number: try row.integer(0), standing: try row.standing(1),
                status: try row.optional(4, row.statusReference)
            )
        }
        // With another place in a list everything that the key had got has ended, and this began before.
        guard let key, StatusValue(key: key.standing, at: now) == .valid, key.status == client.status else {
            return .refused(ClientRefusal.error("ended while it asked", of: client))
        }
        try makeRoom(forFamilyOf: key.number, policy.maximumFamilies, at: now)
        let absoluteExpiry = now.advanced(by: Int64(policy.absolute))
        let family = RefreshFamily(
            id: id,
            client: client.id,
            scope: opening.scope,
            audiences: opening.audiences.map(\.name),
            generation: 0,
            rotatedAt: now,
            rotatedFrom: nil,
            idleExpiry: min(now.advanced(by: Int64(policy.idle)), absoluteExpiry),
            absoluteExpiry: absoluteExpiry,
            revokedAt: nil,
            nonce: SystemRandom.bytes(16),
            secretID: opening.secret.id,
            status: try takeStatusEntry(at: now)
        )
        try insert(family, ofKey: key.number)
        return .granted(
            opening.secret.token(0, of: id, nonce: family.nonce),
            RefreshGrant(
                family: id,
                scope: opening.scope,
                audiences: opening.audiences,
                status: family.status,
                expiresAt: family.expiresAt
            )
        )
    }

    private func insert(_ family: RefreshFamily, ofKey key: Int64) throws {
        let scope = family.scope.map { String(decoding: $0, as: UTF8.self) }
        let audiences = JSONValue.array(family.audiences.map { .string($0) }).serialized
        try execute(
            """
            INSERT INTO refreshFamily (id, apiKey, scope, audiences, generation, rotatedAt, idleExpiry,
            absoluteExpiry, nonce, secretID, statusList, statusPosition)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                family.id.ulid.stored, key, try WordList.text(scope),
                String(decoding: audiences, as: UTF8.self),
                Int64(family.generation), family.rotatedAt.seconds, family.idleExpiry.seconds,
                family.absoluteExpiry.seconds, Data(family.nonce), Data(family.secretID),
                family.status.list.value, family.status.index,
            ]
        )
    }

    /// Ends the families of a key that are idle longest, so that with one more there are at most `maximum`.
    private func makeRoom(forFamilyOf key: Int64, _ maximum: Int, at now: NumericDate) throws {
        // Mostly enough, and answered by the index alone; those that have expired count here, and not below.
        let known = try count(
            "SELECT count(*) FROM refreshFamily WHERE apiKey = ? AND revokedAt IS NULL",
            [key]
        )
        guard known >= maximum else { return }
        let surplus = try all(
            """
            SELECT number, statusList, statusPosition FROM refreshFamily
            WHERE apiKey = ? AND revokedAt IS NULL AND idleExpiry > ? AND absoluteExpiry > ?
            ORDER BY rotatedAt DESC, number DESC LIMIT -1 OFFSET ?
            """,
            [key, now.seconds, now.seconds, max(0, maximum - 1)]
        ) { (number: try $0.integer(0), status: try $0.statusReference(1)) }
        for family in surplus { try end(family.number, family.status, at: now) }
    }

    // MARK: Pruning

    /// Whether ``forgetFamilies(endedUntil:limit:_:)`` has anything to delete.
    func hasFamilies(endedUntil end: NumericDate) throws -> Bool {
        try holds(
            """
            SELECT EXISTS (SELECT 1 FROM refreshFamily INDEXED BY familyByRevocation WHERE revokedAt <= ?1)
            OR EXISTS (SELECT 1 FROM refreshFamily INDEXED BY familyByIdleExpiry WHERE idleExpiry <= ?1)
            """,
            [end.seconds]
        )
    }

    /// Deletes the rows of families that ended until `end`; their places in the lists stay taken for a while.
    ///
    /// - Returns: How many, at most `limit`; fewer when the time is up.
    func forgetFamilies(
        endedUntil end: NumericDate,
        limit: Int,
        _ share: WriterShare = WriterShare()
    ) throws -> Int {
        let now = end.advanced(by: StatusTimes.retention)
        var count = 0
        for condition in ["revokedAt", "idleExpiry"] where count < limit {
            for family in try endedFamilies(condition, until: end, limit: limit - count) {
                guard count == 0 || !share.isOver else { return count }
                try execute("DELETE FROM refreshFamily WHERE number = ?", [family.number])
                try leaveStatusEntry(family.status, endedAt: family.end, at: now)
                count += 1
            }
        }
        return count
    }

    private func endedFamilies(
        _ column: String,
        until end: NumericDate,
        limit: Int
    ) throws -> [(number: Int64, status: StatusReference, end: NumericDate)] {
        try all(
            """
            SELECT number, statusList, statusPosition, min(ifnull(revokedAt, idleExpiry), idleExpiry)
            FROM refreshFamily WHERE \(column) <= ? LIMIT ?
            """,
            [end.seconds, limit]
        ) { (number: try $0.integer(0), status: try $0.statusReference(1), end: try $0.date(3)) }
    }
}
