import GRDB
import Synchronization

/// The connections to one database, and how to make them anew when a disk has failed under them.
final class Connections: Sendable {
    /// `nil`: in memory, for tests.
    private let path: String?
    private let current: Mutex<any DatabaseWriter>

    init(path: String?) throws {
        self.path = path
        current = Mutex(try Self.open(path))
    }

    /// Readers for anyone; the writer for the committer alone.
    var database: any DatabaseWriter { current.withLock { $0 } }

    /// The write-ahead log; `nil` in memory.
    var logFile: String? { path.map { $0 + "-wal" } }

    /// Closes the connections and opens others, once what the old ones had committed is in the database file.
    ///
    /// A commit whose fsync failed has left its frames in the WAL: a recovery would find them whole and bring
    /// back what its caller was told had not happened. So the WAL is emptied first, by a checkpoint of the old
    /// connection, which knows where the last good commit ends; its pages are written and synced again, in
    /// case the kernel dropped the dirty ones when it reported the error. Until that succeeds nothing is
    /// written at all, and the old connections go on reading.
    func replace() throws {
        let old = database
        try old.writeWithoutTransaction { db in try Self.emptyLog(db) }
        let new = try Self.open(path)
        current.withLock { $0 = new }
        // The old ones are closed when the last reader lets go of them at the latest.
        try? old.close()
    }

    /// Moves everything into the database file, so that a copy of that file alone is complete, and closes.
    func close() {
        let database = database
        try? database.writeWithoutTransaction { db in try Self.emptyLog(db) }
        try? database.close()
    }

    private static func emptyLog(_ db: Database) throws {
        let isBusy = try Int64.fetchOne(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        guard isBusy == 0 else {
            throw DatabaseError(resultCode: .SQLITE_BUSY, message: "a reader holds the WAL")
        }
    }

    private static func open(_ path: String?) throws -> any DatabaseWriter {
        guard let path else { return try DatabaseQueue(configuration: configuration) }
        let pool = try DatabasePool(path: path, configuration: configuration)
        // GRDB chooses NORMAL while it opens, under which a power cut loses acknowledged commits.
        let synchronous = try pool.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864")
            return try Int64.fetchOne(db, sql: "PRAGMA synchronous")
        }
        guard synchronous == 2 else {
            throw DatabaseError(resultCode: .SQLITE_MISUSE, message: "synchronous is not FULL")
        }
        return pool
    }

    static let writerCache = -2048

    static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "tokenbooth"
        configuration.maximumReaderCount = 4
        // Nobody else writes, so this is for the moments of recovery and closing.
        configuration.busyMode = .timeout(5)
        // A transaction left open would end the process; the committer checks instead.
        configuration.allowsUnsafeTransactions = true
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
            // Not files elsewhere: all but the data directory may be read-only.
            try db.execute(sql: "PRAGMA temp_store = MEMORY")
            // KiB; the kernel caches the file for all connections anyway, and what keys are read by is cached as clients.
            try db.execute(sql: "PRAGMA cache_size = \(db.configuration.readonly ? -256 : writerCache)")
        }
        return configuration
    }
}
