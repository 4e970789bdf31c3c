package import AuthorizationServer
import GRDB
package import OAuth

/// The clock and the epoch of this database, and what a restore ends (docs/decisions/0012-epoch.md).
extension SQLiteStore {
    /// - Throws: ``StoreUnavailable``.
    package func continuity() async throws(StoreUnavailable) -> Continuity {
        try await answer { transaction in try transaction.continuity() }
    }

    /// Writes what the wall clock says, unless a later time is there already.
    ///
    /// - Parameter raisingEpoch: Whether the epoch goes up by one as well.
    /// - Returns: What the database remembers from now on.
    /// - Throws: ``StoreUnavailable`` when it could not be made durable.
    package func remember(_ now: NumericDate, raisingEpoch: Bool) async throws(StoreUnavailable) -> Continuity
    {
        try await change { transaction in
            try transaction.execute(
                "UPDATE continuity SET clock = max(clock, ?), epoch = epoch + ?",
                [now.seconds, raisingEpoch ? 1 : 0]
            )
            return try transaction.continuity()
        }
    }

    /// Ends, in one transaction, all that this database may wrongly hold to be alive.
    ///
    /// Every refresh family ends; every key loses its place in a status list, all of which are INVALID from now on, and
    /// gets one in a new list when the statuses are loaded (``loadStatuses(into:at:)``); and no token is accepted that
    /// was issued before now. API keys themselves stay as they are.
    ///
    /// - Throws: ``StoreUnavailable``, and then nothing was changed.
    package func accept(_ restore: RestoreAcceptance) async throws(StoreUnavailable) -> RestoreOutcome {
        try await change { transaction in try transaction.accept(restore) }
    }
}

extension StoreTransaction {
    func continuity() throws -> Continuity {
        let found = try first("SELECT clock, epoch, notBefore FROM continuity") { row in
            Continuity(clock: try row.date(0), epoch: try row.integer(1), notBefore: try row.date(2))
        }
        guard let found else { throw StoredRowFault(reason: "no row of continuity") }
        return found
    }

    fileprivate func accept(_ restore: RestoreAcceptance) throws -> RestoreOutcome {
        let now = restore.now.seconds
        try execute("UPDATE refreshFamily SET revokedAt = ? WHERE revokedAt IS NULL", [now])
        let families = db.changesCount
        try execute("UPDATE statusList SET withdrawnAt = ? WHERE withdrawnAt IS NULL", [now])
        let lists = db.changesCount
        // Whoever loads the statuses gives them others, in new lists.
        try execute("UPDATE apiKey SET statusList = NULL, statusPosition = NULL WHERE statusList IS NOT NULL")
        let keys = db.changesCount
        // Those of families stay with their rows, and go with them.
        try execute(
            """
            DELETE FROM statusEntry WHERE list IN (SELECT id FROM statusList WHERE withdrawnAt IS NOT NULL)
                AND NOT EXISTS (
                    SELECT 1 FROM refreshFamily f WHERE f.statusList = list AND f.statusPosition = position
                )
            """
        )
        try execute(
            """
            UPDATE continuity SET clock = CASE WHEN ? THEN ? ELSE max(clock, ?) END,
                epoch = max(epoch, ?) + 1, notBefore = ?
            """,
            [restore.resetsClock, now, now, restore.epoch, now]
        )
        note(.everything)
        try record(AuditEvent("accept_restore", on: "", by: .operator, at: restore.now))
        return RestoreOutcome(
            continuity: try continuity(),
            endedFamilies: families,
            movedKeys: keys,
            withdrawnLists: lists
        )
    }
}
