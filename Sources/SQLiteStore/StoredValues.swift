import Foundation
import GRDB
import GRDBSQLite
import OAuth
import Primitives

/// Reads columns without trusting them: GRDB's own conversions end the process on a surprise, and make a box of each.
///
/// Good until the next row is asked for.
struct StoredRow {
    private let statement: Statement
    /// Held, for with its end the statement is reset.
    private let rows: StoredRows?

    init(_ statement: Statement, of rows: StoredRows? = nil) {
        self.statement = statement
        self.rows = rows
    }

    private func type(_ column: Int) -> CInt {
        unsafe sqlite3_column_type(statement.sqliteStatement, CInt(column))
    }

    func isNull(_ column: Int) -> Bool { type(column) == SQLITE_NULL }

    func integer(_ column: Int) throws -> Int64 {
        guard type(column) == SQLITE_INTEGER else { throw fault(column) }
        return unsafe sqlite3_column_int64(statement.sqliteStatement, CInt(column))
    }

    func text(_ column: Int) throws -> String { String(decoding: try utf8(column), as: UTF8.self) }

    /// The bytes of a text.
    func utf8(_ column: Int) throws -> [UInt8] {
        guard type(column) == SQLITE_TEXT else { throw fault(column) }
        return content(column)
    }

    func bytes(_ column: Int) throws -> [UInt8] {
        guard type(column) == SQLITE_BLOB else { throw fault(column) }
        return content(column)
    }

    private func content(_ column: Int) -> [UInt8] {
        let start = unsafe sqlite3_column_blob(statement.sqliteStatement, CInt(column))
        let count = unsafe sqlite3_column_bytes(statement.sqliteStatement, CInt(column))
        return unsafe Array(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(count)))
    }

    func bool(_ column: Int) throws -> Bool { try integer(column) != 0 }

    func date(_ column: Int) throws -> NumericDate { NumericDate(try integer(column)) }

    func digest(_ column: Int) throws -> SHA256Digest {
        guard let digest = SHA256Digest(bytes: try bytes(column)) else { throw fault(column) }
        return digest
    }

    func identifier<Kind: IdentifierKind>(_ column: Int) throws -> Identifier<Kind> {
        guard let ulid = ULID(bytes: try bytes(column)) else { throw fault(column) }
        return Identifier(ulid)
    }

    /// - Returns: `nil` for NULL, else what `read` makes of the column.
    func optional<Value>(_ column: Int, _ read: (Int) throws -> Value) rethrows -> Value? {
        isNull(column) ? nil : try read(column)
    }

    /// Something in the column cannot be understood.
    func fault(_ column: Int) -> StoredRowFault {
        let name = statement.columnNames.dropFirst(column).first ?? "a column"
        return StoredRowFault(reason: "a row whose \(name) cannot be read")
    }
}

/// The rows of one statement, without a table of their column names, which GRDB's own rows make each time.
final class StoredRows {
    /// Steps through rows and reads nothing of them; `nil` where the first column is NULL.
    private struct Step: DatabaseValueConvertible, @unsafe StatementColumnConvertible {
        init?(sqliteStatement: SQLiteStatement, index: CInt) {}
        var databaseValue: DatabaseValue { .null }
        static func fromDatabaseValue(_ value: DatabaseValue) -> Step? { nil }
    }

    private let statement: Statement
    private let steps: FastDatabaseValueCursor<Step?>

    /// - Parameter statement: To be used by nothing else until this is gone.
    init(_ statement: Statement, _ arguments: StatementArguments) throws {
        self.statement = statement
        steps = try Step?.fetchCursor(statement, arguments: arguments)
    }

    func next() throws -> StoredRow? {
        try steps.next() == nil ? nil : StoredRow(statement, of: self)
    }
}

extension ULID {
    /// The 16 bytes, most significant first, so that SQLite sorts them by time.
    var stored: Data { Data(bytes) }
}

extension SHA256Digest {
    var stored: Data { Data(bytes) }
}

/// Text on its way into the database, where a NUL would silently end it.
enum StoredText {
    static func checked(_ text: String) throws -> String {
        guard !text.utf8.contains(0) else { throw UnstorableValue(reason: "text with a NUL") }
        return text
    }
}

/// A list of words without spaces in one text column: scopes, grant types, address ranges.
enum WordList {
    static func text(_ words: [String]) throws -> String {
        for word in words {
            guard !word.isEmpty, !word.utf8.contains(where: { $0 == UInt8(ascii: " ") || $0 == 0 }) else {
                throw UnstorableValue(reason: "a word that is empty or has a space in it")
            }
        }
        return words.joined(separator: " ")
    }

    /// Splits at the byte: for Swift a space and the combining mark after it are one character.
    static func words(_ text: String) -> [String] {
        text.utf8.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
    }
}
