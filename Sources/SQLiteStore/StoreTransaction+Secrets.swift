import Administration
import AuthorizationServer
import Foundation
import GRDB
import OAuth
import Primitives

/// Keys found by their secrets, of which there are two for a while.
extension StoreTransaction {
    /// The number of the key that has or had the secret whose digest is the first argument.
    static let numberByDigest = """
        ifnull((SELECT number FROM apiKey WHERE digest = ?1),
            (SELECT number FROM apiKey WHERE previousDigest = ?1))
        """

    package func leakedKey(_ digest: SHA256Digest) throws -> KeyRecord? {
        try firstKey(where: "k.number = \(Self.numberByDigest)", digest.stored)
    }

    package func key(withDigest digest: SHA256Digest, at now: NumericDate) throws -> KeyRecord? {
        try leakedKey(digest).flatMap { $0.hasSecret(digest, at: now) ? $0 : nil }
    }

    package func known(_ ids: [KeyID]) throws -> Set<KeyID> {
        var known: Set<KeyID> = []
        try eachKey("id", among: ids.map(\.ulid.stored)) { known.insert(try $0.identifier(0)) }
        return known
    }

    package func taken(_ digests: [SHA256Digest]) throws -> Set<SHA256Digest> {
        var taken: Set<SHA256Digest> = []
        let values = digests.map(\.stored)
        for column in ["digest", "previousDigest"] {
            try eachKey(column, among: values) { taken.insert(try $0.digest(0)) }
        }
        return taken
    }

    /// - Parameter column: One that has an index.
    private func eachKey(
        _ column: String,
        among values: [Data],
        _ body: (StoredRow) throws -> Void
    ) throws {
        let width = 256
        let sql = """
            SELECT \(column) FROM apiKey
            WHERE \(column) IN (\(Array(repeating: "?", count: width).joined(separator: ", ")))
            """
        for start in stride(from: 0, to: values.count, by: width) {
            // One statement whatever their number: the last value again does no harm.
            var part = Array(values[start..<min(start + width, values.count)])
            part += Array(repeating: part[part.count - 1], count: width - part.count)
            try each(sql, StatementArguments(part), body)
        }
    }

    /// Of two secrets one ends alone, and the last one takes the key with it, that of the last super admin too: a
    /// leaked key is no use to keep.
    func revokeKey(
        _ digest: SHA256Digest,
        by source: AuditSource,
        at now: NumericDate
    ) throws -> RevocationOutcome {
        guard let old = try key(withDigest: digest, at: now), let key = old.revoking(digest, at: now) else {
            return .done
        }
        try update(key, at: now)
        let changes = AuditChanges.between(old.answer(at: now), key.answer(at: now))
        try record(AuditEvent("revoke_key", on: key.auditTarget, by: source, changes: changes, at: now))
        return .done
    }

    package func endTokens(of id: KeyID, at now: NumericDate) throws {
        let found = try first(
            """
            SELECT number, revokedAt IS NOT NULL, isDisabled, expiresAt, statusList, statusPosition, digest,
                previousDigest
            FROM apiKey WHERE id = ?
            """,
            [id.ulid.stored]
        ) { row in
            (
                number: try row.integer(0), standing: try row.standing(1),
                status: try row.optional(4, row.statusReference),
                digests: [try row.digest(6), try row.optional(7, row.digest)].compactMap(\.self)
            )
        }
        guard let found else { throw AdminRefusal.notFound("there is no such API key") }
        let families = try all(
            "SELECT number, statusList, statusPosition FROM refreshFamily WHERE apiKey = ? AND revokedAt IS NULL",
            [found.number]
        ) { (number: try $0.integer(0), status: try $0.statusReference(1)) }
        for family in families { try end(family.number, family.status, at: now) }
        if let status = found.status { try leaveStatusEntry(status, endedAt: now, at: now) }
        let status = try takeStatusEntry(at: now)
        try execute(
            "UPDATE apiKey SET statusList = ?, statusPosition = ? WHERE number = ?",
            [status.list.value, status.index, found.number]
        )
        note(.status(status, StatusValue(key: found.standing, at: now)))
        for digest in found.digests { note(.key(digest)) }
    }
}

extension KeyRecord {
    /// Of all secrets that may be in a cache.
    var digests: [SHA256Digest] { [digest] + (previousSecret.map { [$0.digest] } ?? []) }
}

extension StoredRow {
    /// The columns of digest, hint and end, which stand side by side.
    func previousSecret(_ column: Int) throws -> PreviousSecret {
        PreviousSecret(
            digest: try digest(column),
            hint: try text(column + 1),
            expiresAt: try date(column + 2)
        )
    }
}
