package import AuthorizationServer
import Foundation
import GRDB
import OAuth

/// What `db check` finds in a database that nobody serves from.
package struct StoreInspection: Sendable {
    /// The database file.
    package let path: String
    /// Bytes of that file.
    package let size: Int64
    /// What is wrong, in SQLite's words; nothing when all is well.
    package var faults: [String] = []
    /// Whether the next `serve` will change its tables first.
    package var isOlderSchema = false
    package var continuity: Continuity?
    /// `nil` on a database that no start has finished with.
    package var installation: Installation?
    /// What there is, in words, and how many of it.
    package var counts: [(name: String, count: Int)] = []

    /// Looks at the database in `directory`, under the lock that `serve` holds; blocks for as long as that takes.
    ///
    /// Nothing is made, and nothing changed but what every opening does: SQLite takes over a WAL that was left.
    ///
    /// - Throws: ``SQLiteStoreError`` when there is none, when it is in use, or from a newer release.
    package init(of directory: String) throws(SQLiteStoreError) {
        guard SystemCall.resolved(directory + "/tokenbooth.db") != nil else {
            throw SQLiteStoreError(.unusable, "there is no database in \(directory)")
        }
        let place = try DataDirectory(opening: directory)
        let lock = try LockFile(acquiring: place.lockFile)
        try place.prepareFiles()
        path = place.database
        size = SystemCall.status(ofLink: path).map { Int64($0.st_size) } ?? 0
        do {
            let database = try DatabaseQueue(path: path, configuration: Connections.configuration)
            defer { try? database.close() }
            try database.read { db in try inspect(db) }
        } catch let error as SQLiteStoreError {
            throw error
        } catch {
            faults.append(StoreFault.unavailable(error).reason)
        }
        // Until the file is closed.
        _ = lock
    }

    private mutating func inspect(_ db: Database) throws {
        try Schema.refuseNewer(db)
        faults = try DatabaseCheck.faults(db)
        isOlderSchema = try !Schema.isCurrent(db)
        guard !isOlderSchema else { return }
        let transaction = StoreTransaction(db)
        continuity = try transaction.continuity()
        installation = try transaction.installation()
        for (name, sql) in Self.questions { counts.append((name, try transaction.count(sql, []))) }
    }

    private static let questions = [
        ("API keys", "SELECT count(*) FROM apiKey WHERE revokedAt IS NULL"),
        ("revoked API keys", "SELECT count(*) FROM apiKey WHERE revokedAt IS NOT NULL"),
        ("projects", "SELECT count(*) FROM project"),
        ("refresh families", "SELECT count(*) FROM refreshFamily WHERE revokedAt IS NULL"),
        ("revoked access tokens", "SELECT count(*) FROM deniedToken"),
        ("status lists", "SELECT count(*) FROM statusList WHERE withdrawnAt IS NULL"),
    ]
}
