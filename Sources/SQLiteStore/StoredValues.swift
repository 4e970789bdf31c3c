import Foundation
import GRDB
import OAuth
import Primitives

/// Reads columns without trusting them: GRDB's own conversions end the process on a surprise.
///
/// Good until the next row is asked for.
struct StoredRow {
    /// Held, for with its end the statement is reset.
    fileprivate let rows: StoredRows

    private func value(_ column: Int) -> DatabaseValue {
        unsafe DatabaseValue(sqliteStatement: rows.statement.sqliteStatement, index: CInt(column))
    }

    func isNull(_ column: Int) -> Bool { value(column).isNull }

    func integer(_ column: Int) throws -> Int64 {
        guard case .int64(let value) = value(column).storage else { throw fault(column) }
        return value
    }

    func text(_ column: Int) throws -> String {
        guard case .string(let value) = value(column).storage else { throw fault(column) }
        return value
    }

    func bytes(_ column: Int) throws -> [UInt8] {
        guard case .blob(let value) = value(column).storage else { throw fault(column) }
        return Array(value)
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
        let name = rows.statement.columnNames.dropFirst(column).first ?? "a column"
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

    fileprivate let statement: Statement
    private let steps: FastDatabaseValueCursor<Step?>

    /// - Parameter statement: To be used by nothing else until this is gone.
    init(_ statement: Statement, _ arguments: StatementArguments) throws {
        self.statement = statement
        steps = try Step?.fetchCursor(statement, arguments: arguments)
    }

    func next() throws -> StoredRow? {
        try steps.next() == nil ? nil : StoredRow(rows: self)
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
