import Administration
import AuthorizationServer
import GRDB

/// One mutation at work within the committer's transaction, or one snapshot that is read.
///
/// It notes what it makes stale, for whoever caches clients. It must not outlive the closure that it is given to.
final class StoreTransaction {
    let db: Database
    private(set) var changes: [CommittedChange] = []
    /// Policies met so far: a page of keys shares a few.
    var policies: [Int64: Policy] = [:]
    /// Keys that a list gathers at most, where each must be looked up; with more it walks along an index.
    var fewKeys = 1000

    /// What it asks of the connection, by how many rows it writes.
    var pace = Pace.ordinary

    init(_ db: Database) { self.db = db }

    func note(_ change: CommittedChange) { changes.append(change) }

    // MARK: SQL

    func execute(_ sql: String, _ arguments: StatementArguments = []) throws {
        try db.cachedStatement(sql: sql).execute(arguments: arguments)
    }

    func first<Value>(
        _ sql: String,
        _ arguments: StatementArguments = [],
        _ read: (StoredRow) throws -> Value
    ) throws -> Value? {
        let rows = try StoredRows(db.cachedStatement(sql: sql), arguments)
        return try rows.next().map(read)
    }

    func all<Value>(
        _ sql: String,
        _ arguments: StatementArguments = [],
        _ read: (StoredRow) throws -> Value
    ) throws -> [Value] {
        let rows = try StoredRows(db.cachedStatement(sql: sql), arguments)
        var values: [Value] = []
        while let row = try rows.next() { values.append(try read(row)) }
        return values
    }

    /// The answer of a `SELECT EXISTS (…)`.
    func holds(_ sql: String, _ arguments: StatementArguments) throws -> Bool {
        try first(sql, arguments) { try $0.bool(0) } ?? false
    }

    func count(_ sql: String, _ arguments: StatementArguments) throws -> Int {
        Int(clamping: try first(sql, arguments) { try $0.integer(0) } ?? 0)
    }
}

extension StoreTransaction: AdminWriter {}
