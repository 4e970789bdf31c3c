import GRDB

extension SQLiteStore {
    /// Reads the whole database and compares it with itself; blocks for as long as that takes.
    ///
    /// - Returns: What is wrong, in SQLite's words; nothing when all is well.
    /// - Throws: ``StoreUnavailable`` when it cannot even be read.
    package func check() throws -> [String] {
        do {
            return try connections.database.read { db in
                let faults = try String.fetchAll(db, sql: "PRAGMA integrity_check").filter { $0 != "ok" }
                let orphans = try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").count
                return orphans == 0 ? faults : faults + ["\(orphans) rows refer to rows that are not there"]
            }
        } catch {
            throw StoreFault.unavailable(error)
        }
    }
}
