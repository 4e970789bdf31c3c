import GRDB

@testable import SQLiteStore

// What no method of a store does or tells.
extension SQLiteStore {
    func execute(_ sql: String) async throws {
        try await committer.commit { try $0.db.execute(sql: sql) }
    }

    /// The one number that a query gives.
    func count(_ sql: String) async throws -> Int {
        try await committer.commit { try $0.count(sql, []) }
    }
}
