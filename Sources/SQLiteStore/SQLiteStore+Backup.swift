package import Administration
package import AuthorizationServer
import Dispatch
import GRDB
package import OAuth

/// Copies of the database, made by SQLite's backup API on a reading connection: nobody who writes waits for it.
extension SQLiteStore: BackupStore {
    package func backupFile(_ id: BackupID) -> String {
        BackupDirectory.name + "/" + BackupDirectory.file(id)
    }

    package var backups: [BackupID] { directory.map { BackupDirectory(in: $0).copies } ?? [] }

    package func makeBackup(
        _ id: BackupID,
        progress: @escaping @Sendable (_ copied: Int64, _ size: Int64) -> Void
    ) async throws(StoreUnavailable) -> BackupFile {
        try await aside { [self] directory in
            try directory.prepare()
            do {
                let partial = try directory.makePartial(id)
                try copy(to: partial, progress: progress)
                return try directory.publish(id)
            } catch {
                directory.removePartials()
                throw error
            }
        }
    }

    package func readBackup(
        _ id: BackupID,
        from offset: Int64,
        length: Int
    ) async throws(StoreUnavailable) -> [UInt8] {
        try await aside { directory in try directory.read(id, from: offset, length: length) }
    }

    package func deleteBackup(_ id: BackupID) async throws(StoreUnavailable) {
        try await aside { directory in try directory.delete(id) }
    }

    /// The snapshot is held from the first page to the last, so that the copy shows one moment and never begins
    /// again; the WAL cannot be emptied meanwhile.
    private func copy(to path: String, progress: @escaping (_ copied: Int64, _ size: Int64) -> Void) throws {
        var configuration = Configuration()
        configuration.label = "tokenbooth-backup"
        let copy = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? copy.close() }
        try copy.writeWithoutTransaction { target in
            try connections.database.read { source in
                let pageSize = try Int64.fetchOne(source, sql: "PRAGMA page_size") ?? 4096
                _ = try Int64.fetchOne(source, sql: "SELECT epoch FROM continuity")
                try source.backup(to: target, pagesPerStep: 1024) { step in
                    progress(
                        Int64(step.completedPageCount) * pageSize,
                        Int64(step.totalPageCount) * pageSize
                    )
                }
            }
            // The copy says of itself that it has a WAL; it is to be one file.
            try target.execute(sql: "PRAGMA journal_mode = DELETE")
            let faults = try DatabaseCheck.faults(target)
            guard faults.isEmpty else {
                throw StoreUnavailable(reason: "the copy is damaged: \(faults.joined(separator: "; "))")
            }
        }
    }

    /// Runs what blocks for long on a thread of its own.
    private func aside<Value: Sendable>(
        _ body: @escaping @Sendable (BackupDirectory) throws -> Value
    ) async throws(StoreUnavailable) -> Value {
        guard let directory else { throw StoreUnavailable(reason: "the database is in memory") }
        do {
            return try await withCheckedThrowingContinuation { continuation in
                DispatchQueue.global().async {
                    continuation.resume(with: Result { try body(BackupDirectory(in: directory)) })
                }
            }
        } catch {
            throw StoreFault.unavailable(error)
        }
    }
}

/// What SQLite finds when it compares a database with itself.
enum DatabaseCheck {
    /// - Returns: What is wrong, in SQLite's words; nothing when all is well.
    static func faults(_ db: Database) throws -> [String] {
        let faults = try String.fetchAll(db, sql: "PRAGMA integrity_check").filter { $0 != "ok" }
        let orphans = try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").count
        let trail = try auditFault(db)
        return faults + (orphans == 0 ? [] : ["\(orphans) rows refer to rows that are not there"]) + trail
    }

    /// A database from before has no trail yet.
    private static func auditFault(_ db: Database) throws -> [String] {
        guard try db.tableExists("auditStart") else { return [] }
        let fault = try StoreTransaction(db).checkedAuditChain().fault
        return fault.map { ["the audit trail is not in order: event \($0.number) \($0.detail)"] } ?? []
    }
}
