package import Administration
package import AuthorizationServer
import GRDB
package import OAuth

extension SQLiteStore: AuditRecorder {
    package func record(_ event: AuditEvent, _ done: @escaping @Sendable (CommitResult<Void>) -> Void) {
        committer.submit(isOneStatement: true, { transaction in try transaction.record(event) }, done)
    }

    /// The end of the audit trail.
    ///
    /// - Throws: ``StoreUnavailable``.
    package func auditHead() async throws(StoreUnavailable) -> AuditHead {
        try await answer { transaction in try transaction.auditHead() }
    }

    /// Forgets answers that nobody may ask for again, and events from before `time` if there is one.
    ///
    /// - Parameter limit: Rows of either kind.
    /// - Returns: How many rows went.
    /// - Throws: ``StoreUnavailable``.
    package func prune(
        auditBefore time: NumericDate?,
        at now: NumericDate,
        limit: Int
    ) async throws(StoreUnavailable) -> Int {
        // Mostly there is nothing: that is found out without the writer.
        let isAny = try await answer { transaction in
            if try transaction.hasAnswers(toForgetAt: now) { return true }
            return try time.map { try transaction.hasAuditEntries(before: $0) } ?? false
        }
        guard isAny else { return 0 }
        return try await keep { transaction in
            let answers = try transaction.forgetAnswers(at: now, limit: limit)
            let events = try time.map { try transaction.forgetAuditEntries(before: $0, limit: limit) }
            return answers + (events ?? 0)
        }
    }
}

extension StoreTransaction {
    /// Several statements in a mutation that has no savepoint of its own: all of them, or none.
    func atomically(_ body: () throws -> Void) throws {
        try db.run("SAVEPOINT together")
        do {
            try body()
        } catch {
            if db.isInsideTransaction { try db.run("ROLLBACK TO together") }
            if db.isInsideTransaction { try db.run("RELEASE together") }
            throw error
        }
        try db.run("RELEASE together")
    }
}
