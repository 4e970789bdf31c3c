import Administration
import AuthorizationServer
import GRDB
import OAuth
import Synchronization
import TestSupport
import Testing

@testable import SQLiteStore

@Suite("Schema")
struct SchemaTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func open() throws(SQLiteStoreError) -> SQLiteStore {
        try SQLiteStore.open(directory: directory.path, onChange: { _ in })
    }

    /// Does what nobody should: writes to the database of a service that is not running.
    private func edit(_ sql: String) throws {
        let database = try DatabaseQueue(path: directory.path + "/tokenbooth.db")
        try database.write { try $0.execute(sql: sql) }
        try database.close()
    }

    // threats: DBF-16
    @Test
    func `a database from a newer release is refused, and not changed`() throws {
        try open().close()
        try edit("INSERT INTO grdb_migrations VALUES ('9999 from the future')")
        let refusal = #expect(throws: SQLiteStoreError.self) { try open() }
        #expect(refusal?.kind == .newerSchema)
        try edit("DELETE FROM grdb_migrations WHERE identifier = '9999 from the future'")
        try open().close()
    }

    @Test
    func `the writer is in WAL mode with synchronous FULL, foreign keys and an untrusted schema`() throws {
        let store = try open()
        defer { store.close() }
        let settings = try store.connections.database.writeWithoutTransaction { db in
            try ["journal_mode", "synchronous", "foreign_keys", "trusted_schema", "cell_size_check"].map {
                name in
                try String.fetchOne(db, sql: "PRAGMA \(name)")
            }
        }
        #expect(settings == ["wal", "2", "1", "0", "1"])
    }

    // threats: DBF-05
    @Test
    func `new connections have the same settings as the first ones`() async throws {
        let store = try open()
        defer { store.close() }
        try await store.fill()
        try store.connections.replace()
        let synchronous = try await store.connections.database.writeWithoutTransaction { db in
            try Int.fetchOne(db, sql: "PRAGMA synchronous")
        }
        #expect(synchronous == 2)
        #expect(try await store.client(withDigest: StoreSample.digest(1)) != nil)
        try await store.write { try $0.insert(StoreSample.key(2)) }
        #expect(directory.mode(of: "tokenbooth.db-wal") == 0o600)
    }

    @Test(arguments: [
        "allowedAddresses = '10.0.0.1/8'", "allowedAddresses = 'anywhere'", "claims = '[]'",
        "adminRole = 'god'", "id = x'00'", "digest = NULL", "subject = x'FF'",
    ])
    func `a row that somebody has spoilt is a fault, never a permission`(change: String) async throws {
        let store = try open()
        try await store.fill()
        store.close()
        try edit(
            """
            PRAGMA ignore_check_constraints = ON;
            PRAGMA writable_schema = ON;
            UPDATE sqlite_schema SET sql = replace(replace(sql, 'STRICT', ''), 'digest BLOB NOT NULL', 'digest BLOB')
            WHERE name = 'apiKey';
            """
        )
        try edit("PRAGMA ignore_check_constraints = ON; UPDATE apiKey SET \(change)")
        let spoilt = try open()
        defer { spoilt.close() }
        for lookUp in [
            { try await spoilt.client(withID: StoreSample.keyID(1)) },
            { try await spoilt.client(withDigest: StoreSample.digest(1)) },
        ] as [@Sendable () async throws -> ClientRecord?] {
            do {
                #expect(try await lookUp() == nil)
            } catch {
                #expect(error is StoreUnavailable)
            }
        }
    }

    // threats: DBF-19
    @Test
    func `no query scans a table or sorts by itself`() throws {
        let database = try DatabaseQueue()
        try Schema.migrate(database)
        let statements = Mutex<Set<String>>([])
        try database.write { db in
            db.trace { event in
                if case .statement(let statement) = event {
                    statements.withLock { _ = $0.insert(statement.sql) }
                }
            }
            try Self.askEverything(StoreTransaction(db), db)
            db.trace()
            let asked = statements.withLock { $0 }.filter { !$0.hasPrefix("PRAGMA") && !$0.hasPrefix("--") }
            #expect(asked.count > 40)
            for sql in asked {
                let plan = try Row.fetchAll(
                    db,
                    sql: "EXPLAIN QUERY PLAN \(sql)",
                    arguments: StatementArguments([Int?](repeating: nil, count: Self.parameters(in: sql)))
                )
                for step in plan.map({ $0["detail"] as String }) {
                    let scans = step.hasPrefix("SCAN") && step != "SCAN CONSTANT ROW"
                    #expect(!scans && !step.contains("TEMP B-TREE"), "\(step): \(sql)")
                }
            }
        }
    }

    private static func parameters(in sql: String) -> Int {
        sql.contains("?1") ? 1 : sql.utf8.count { $0 == UInt8(ascii: "?") }
    }

    /// Every read and every write, so that every statement is seen.
    private static func askEverything(_ store: StoreTransaction, _ db: Database) throws {
        let now = StoreSample.now
        try store.insert(StoreSample.project())
        for number in 1...3 {
            try store.insert(StoreSample.key(number, owner: number == 1 ? nil : StoreSample.keyID(1)))
        }
        var key = StoreSample.key(1)
        key.scopes = []
        try store.update(key, at: StoreSample.now)
        let page = PageRequest(limit: 10, after: nil)
        for viewer in [nil, StoreSample.keyID(1)] {
            for project in [nil, StoreSample.project] {
                for name in [nil, "reports"] {
                    for status in [nil] + KeyStatus.allCases {
                        let filter = KeyFilter(
                            visibleTo: viewer,
                            project: project,
                            name: name,
                            status: status,
                            includesRevoked: status == nil && name == nil
                        )
                        _ = try store.keys(filter, page: page, at: now)
                    }
                }
            }
        }
        _ = try (store.key(key.id), store.countSuperAdmins(at: now), store.projects(page), store.scopes(page))
        _ = try (store.project(StoreSample.project), store.project(named: "default"), store.audiences(page))
        _ = try (
            store.countKeys(inProject: StoreSample.project), store.scope(named: "a"),
            store.audience(named: "a")
        )
        _ = try (store.isScopeInUse("reports:read"), store.isAudienceInUse("https://a.example"))
        _ = try ClientQuery.fetch(db, ClientQuery.byDigest, key.digest.stored, sharing: SharedLists())
        _ = try ClientQuery.fetch(db, ClientQuery.byID, key.id.ulid.stored, sharing: SharedLists())
        try store.update(StoreSample.project(name: "renamed", audiences: []))
        try AuditTests.askEverything(store)
    }
}
