import AuthorizationServer
import GRDB
import GRDBSQLite
import OAuth
import Primitives

/// A statement of the token path, or one that writes very many rows, its arguments bound as they are.
///
/// GRDB's way makes an array of boxes for the arguments and another of their values, reads the SQL again and trims it:
/// for the counters of a million keys that was as much as SQLite itself.
struct RowStatement {
    private let db: Database
    private let statement: Statement

    /// - Parameter sql: Of one statement that this type alone executes.
    init(_ db: Database, _ sql: String) throws {
        self.db = db
        statement = try db.cachedStatement(sql: sql)
    }

    /// - Parameter index: From 1 on; what was bound before stays bound.
    func bind(_ value: Int64, at index: CInt) throws {
        try check(unsafe sqlite3_bind_int64(statement.sqliteStatement, index, value))
    }

    /// 16 bytes, most significant first, or NULL.
    func bind(_ address: IPAddress?, at index: CInt) throws {
        guard let address else {
            return try check(unsafe sqlite3_bind_null(statement.sqliteStatement, index))
        }
        try bind(ULID(high: address.high, low: address.low), at: index)
    }

    /// 16 bytes, most significant first.
    func bind(_ id: ULID, at index: CInt) throws {
        let words = (id.high.bigEndian, id.low.bigEndian)
        let code = unsafe withUnsafeBytes(of: words) { bytes in
            unsafe sqlite3_bind_blob(statement.sqliteStatement, index, bytes.baseAddress, 16, Self.copied)
        }
        try check(code)
    }

    /// - Returns: What `read` makes of the first row; `nil` when there is none.
    /// - Throws: `DatabaseError`, and what `read` throws.
    func first<Value>(_ read: (StoredRow) throws -> Value) throws -> Value? {
        defer { _ = unsafe sqlite3_reset(statement.sqliteStatement) }
        let code = unsafe sqlite3_step(statement.sqliteStatement)
        guard code != SQLITE_DONE else { return nil }
        guard code == SQLITE_ROW else { throw error(code) }
        return try read(StoredRow(statement))
    }

    /// - Returns: How many rows it has inserted or changed.
    /// - Throws: `DatabaseError`.
    func execute() throws -> Int {
        let code = unsafe sqlite3_step(statement.sqliteStatement)
        guard code == SQLITE_DONE else {
            let error = error(code)
            _ = unsafe sqlite3_reset(statement.sqliteStatement)
            throw error
        }
        try check(unsafe sqlite3_reset(statement.sqliteStatement))
        return db.changesCount
    }

    /// `SQLITE_TRANSIENT`.
    private static let copied = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    private func check(_ code: CInt) throws {
        guard code == SQLITE_OK else { throw error(code) }
    }

    private func error(_ code: CInt) -> DatabaseError {
        DatabaseError(resultCode: ResultCode(rawValue: code), message: db.lastErrorMessage)
    }
}
