package import AuthorizationServer
import GRDB
package import OAuth

/// How many keys are in each state; every key is in one.
package struct KeyCounts: Sendable, Equatable {
    package var active: Int64
    package var disabled: Int64
    package var expired: Int64
    package var revoked: Int64
}

/// What an operator wants to know of the database.
extension SQLiteStore {
    package var statistics: CommitStatistics { committer.statistics }

    /// Size of the write-ahead log's file, which is used again and not cut off after a checkpoint; `nil` in memory.
    package var logBytes: Int64? {
        connections.logFile.map { SystemCall.size(of: $0) ?? 0 }
    }

    /// Counts all keys: for once in a while, since it takes a millisecond for some thousands of them.
    package func keyCounts(at now: NumericDate) async throws(StoreUnavailable) -> KeyCounts {
        try await answer { transaction in try Self.keyCounts(transaction.db, at: now) }
    }

    /// Only keys that are disabled or will expire are looked up; the others are counted in an index.
    static let keyCountsSQL = """
        SELECT (SELECT count(*) FROM apiKey),
            (SELECT count(*) FROM apiKey INDEXED BY revokedKey WHERE revokedAt IS NOT NULL),
            (SELECT count(*) FROM apiKey INDEXED BY expiringKey
             WHERE expiresAt IS NOT NULL AND expiresAt <= ?1 AND revokedAt IS NULL),
            (SELECT count(*) FROM apiKey INDEXED BY disabledKey
             WHERE isDisabled = 1 AND revokedAt IS NULL AND (expiresAt IS NULL OR expiresAt > ?1))
        """

    private static func keyCounts(_ db: Database, at now: NumericDate) throws -> KeyCounts {
        let rows = try StoredRows(db.cachedStatement(sql: keyCountsSQL), [now.seconds])
        guard let row = try rows.next() else {
            throw StoredRowFault(reason: "keys cannot be counted")
        }
        let (all, revoked) = (try row.integer(0), try row.integer(1))
        let (expired, disabled) = (try row.integer(2), try row.integer(3))
        return KeyCounts(
            active: all - revoked - expired - disabled,
            disabled: disabled,
            expired: expired,
            revoked: revoked
        )
    }
}
