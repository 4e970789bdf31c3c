import GRDB

extension SQLiteStore {
    /// Reads the whole database and compares it with itself; blocks for as long as that takes.
    ///
    /// - Returns: What is wrong, in SQLite's words; nothing when all is well.
    /// - Throws: ``StoreUnavailable`` when it cannot even be read.
    package func check() throws -> [String] {
        do {
            return try connections.database.read { db in try DatabaseCheck.faults(db) }
        } catch {
            throw StoreFault.unavailable(error)
        }
    }
}
