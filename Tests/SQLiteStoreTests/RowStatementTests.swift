import AuthorizationServer
import GRDB
import Testing

@testable import SQLiteStore

@Suite("A statement for very many rows")
struct RowStatementTests {
    private func database() throws -> DatabaseQueue {
        let database = try DatabaseQueue()
        try database.write { db in
            try db.execute(
                sql:
                    "CREATE TABLE t (n INTEGER PRIMARY KEY, a BLOB CHECK (length(a) = 16), c INTEGER CHECK (c > 0)) STRICT"
            )
        }
        return database
    }

    @Test
    func `what is bound is what is stored, addresses as 16 bytes and none as NULL`() throws {
        try database().write { db in
            let insertion = try RowStatement(db, "INSERT INTO t VALUES (?1, ?2, ?3)")
            for (number, address) in [(Int64.min, nil), (0, IPAddress(v4: 0x0A01_0203)), (.max, nil)] {
                try insertion.bind(number, at: 1)
                try insertion.bind(address, at: 2)
                try insertion.bind(1, at: 3)
                #expect(try insertion.execute() == 1)
            }
            let rows = try Row.fetchAll(db, sql: "SELECT n, hex(a), typeof(a) FROM t ORDER BY n")
            #expect(rows.map { $0[0] as Int64 } == [.min, 0, .max])
            #expect(rows.map { $0[2] as String } == ["null", "blob", "null"])
            #expect(rows[1][1] as String == "00000000000000000000FFFF0A010203")
        }
    }

    @Test
    func `a row that is refused is an error with its code, and the next one is written`() throws {
        try database().write { db in
            let insertion = try RowStatement(db, "INSERT INTO t VALUES (?1, NULL, ?2)")
            for (number, count) in [(Int64(1), Int64(1)), (1, 1), (2, 0), (3, 1)] {
                try insertion.bind(number, at: 1)
                try insertion.bind(count, at: 2)
                do {
                    #expect(try insertion.execute() == 1)
                    #expect(number != 2)
                } catch let error as DatabaseError {
                    #expect(error.resultCode == .SQLITE_CONSTRAINT && error.message != nil)
                    #expect(number == 1 || error.extendedResultCode == .SQLITE_CONSTRAINT_CHECK)
                }
            }
            #expect(try Int.fetchAll(db, sql: "SELECT n FROM t ORDER BY n") == [1, 3])
        }
    }

    @Test
    func `it tells how many rows it has changed, and none when there is no such row`() throws {
        try database().write { db in
            try db.execute(sql: "INSERT INTO t VALUES (1, NULL, 1), (2, NULL, 2)")
            let change = try RowStatement(db, "UPDATE t SET c = c + ?2 WHERE n <= ?1")
            for (number, rows) in [(Int64(0), 0), (1, 1), (2, 2), (0, 0)] {
                try change.bind(number, at: 1)
                try change.bind(5, at: 2)
                #expect(try change.execute() == rows)
            }
            #expect(try Int.fetchAll(db, sql: "SELECT c FROM t ORDER BY n") == [11, 7])
        }
    }

    @Test
    func `an argument that the statement does not have is an error`() throws {
        try database().write { db in
            let change = try RowStatement(db, "UPDATE t SET c = ?1")
            #expect(throws: DatabaseError.self) { try change.bind(1, at: 2) }
        }
    }
}
