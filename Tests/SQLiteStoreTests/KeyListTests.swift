import Administration
import AuthorizationServer
import GRDB
import OAuth
import Synchronization
import TestSupport
import Testing

@testable import SQLiteStore

@Suite("Lists of keys, in SQLite")
struct KeyListTests {
    private static func database() throws -> DatabaseQueue {
        let database = try DatabaseQueue()
        try Schema.migrate(database)
        try database.write { try StoreConformance.insertVariousKeys(StoreTransaction($0)) }
        return database
    }

    private static func list(
        _ db: Database,
        _ filter: KeyFilter,
        _ order: KeyOrder,
        _ page: PageRequest,
        few: Int
    ) throws -> [KeyRecord] {
        let transaction = StoreTransaction(db)
        transaction.fewKeys = few
        return try transaction.keys(filter, by: order, page: page, at: StoreSample.now)
    }

    @Test
    func `walking along an index and gathering few keys find the same`() throws {
        try Self.database().read { db in
            for filter in StoreConformance.filters {
                for order in StoreConformance.orders {
                    let whole = PageRequest(limit: 200, after: nil)
                    let gathered = try Self.list(db, filter, order, whole, few: 2000)
                    let walked = try Self.list(db, filter, order, whole, few: 0)
                    #expect(gathered.map(\.id) == walked.map(\.id), "\(order) \(filter)")
                    guard let middle = gathered.dropFirst(gathered.count / 2).first else { continue }
                    let rest = PageRequest(limit: 5, after: order.position(of: middle))
                    let gatheredRest = try Self.list(db, filter, order, rest, few: 2000)
                    let walkedRest = try Self.list(db, filter, order, rest, few: 0)
                    #expect(gatheredRest.map(\.id) == walkedRest.map(\.id), "\(order) \(filter)")
                    let expected = gathered.dropFirst(gathered.count / 2 + 1).prefix(5)
                    #expect(gatheredRest.map(\.id) == expected.map(\.id), "\(order) \(filter)")
                }
            }
        }
    }

    /// The plans are printed, so that a change of one can be seen.
    // threats: DBF-19
    @Test
    func `no list, filter or order scans a table, or sorts more than a few keys`() throws {
        let statements = Mutex<Set<String>>([])
        let database = try Self.database()
        try database.read { db in
            db.trace { event in
                if case .statement(let statement) = event {
                    statements.withLock { _ = $0.insert(statement.sql) }
                }
            }
            for filter in StoreConformance.filters {
                for order in StoreConformance.orders {
                    for few in [0, 2000] {
                        _ = try Self.list(db, filter, order, PageRequest(limit: 3, after: nil), few: few)
                    }
                }
            }
            db.trace()
            let asked = statements.withLock { $0 }.filter { !$0.hasPrefix("--") }.sorted()
            #expect(asked.count > 400)
            for sql in asked {
                let plan = try QueryPlan.steps(of: sql, in: db)
                if sql.contains("FROM apiKey") {
                    print(sql, plan.map { "  " + $0 }.joined(separator: "\n"), "")
                }
                #expect(plan.allSatisfy { QueryPlan.isCheap($0, in: sql) }, "\(plan): \(sql)")
                // What walks passes over many keys, and must not look each of them up.
                let walks = sql.hasPrefix("SELECT k.id FROM")
                let isCovered = plan.contains { $0.contains("USING COVERING INDEX") && $0.contains(" k ") }
                #expect(!walks || isCovered, "\(plan): \(sql)")
            }
        }
    }
}

enum QueryPlan {
    static func steps(of sql: String, in db: Database) throws -> [String] {
        let numbers = sql.matches(of: /\?([1-9])/).compactMap { Int($0.1) }
        let parameters = numbers.max() ?? sql.utf8.count { $0 == UInt8(ascii: "?") }
        return try Row.fetchAll(
            db,
            sql: "EXPLAIN QUERY PLAN \(sql)",
            arguments: StatementArguments([Int?](repeating: nil, count: parameters))
        ).map { $0["detail"] }
    }

    static func isCheap(_ step: String, in sql: String) -> Bool {
        if step.contains("TEMP B-TREE") { return isOfFewKeys(sql) && step.hasSuffix("ORDER BY") }
        return !step.hasPrefix("SCAN") || step.hasSuffix("CONSTANT ROW") || step.hasSuffix("CONSTANT ROWS")
    }

    /// A list gathers keys only where it has counted that they are few, and keeps no more of them than a page.
    private static func isOfFewKeys(_ sql: String) -> Bool {
        sql.hasPrefix("SELECT k.id, k.name FROM apiKey k INDEXED BY ") && sql.hasSuffix(" LIMIT ?")
    }
}
