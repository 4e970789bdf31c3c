import GRDB

/// How much the connection that writes keeps in memory, and how far it lets the WAL grow.
///
/// Rows of an import land all over the indexes: with more pages kept they are neither written early nor read again, and
/// one checkpoint serves several commits. Upkeep writes pages all over the tables, too, and nobody waits for it: with
/// fewer of them in each checkpoint nobody waits long behind one.
enum Pace: Comparable {
    case ordinary, upkeep, bulk

    /// Within a transaction, so that its commit is the first that heeds it.
    func set(on db: Database) throws {
        // KiB, and pages; prepared anew each time, for SQLite obeys when it compiles.
        switch self {
        case .ordinary:
            try db.execute(
                sql: "PRAGMA cache_size = \(Connections.writerCache); PRAGMA wal_autocheckpoint = 1000"
            )
        case .upkeep:
            try db.execute(
                sql: "PRAGMA cache_size = \(Connections.writerCache); PRAGMA wal_autocheckpoint = 250"
            )
        case .bulk: try db.execute(sql: "PRAGMA cache_size = -24576; PRAGMA wal_autocheckpoint = 8000")
        }
    }
}
