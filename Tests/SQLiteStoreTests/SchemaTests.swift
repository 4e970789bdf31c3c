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
                for step in try QueryPlan.steps(of: sql, in: db) {
                    #expect(QueryPlan.isCheap(step), "\(step): \(sql)")
                }
            }
        }
    }

    private static func askForUsage(_ store: StoreTransaction, _ page: PageRequest) throws {
        var usage = KeyUsage()
        usage.denials = [.quota: 1]
        usage.lastUsedAt = StoreSample.now
        let day = UsageDay(of: StoreSample.now)
        try store.add([UsageEntry(key: .init(id: StoreSample.keyID(1), day: day), usage: usage)])
        let key = StoreSample.keyID(1)
        for viewer in [nil, key] {
            for project in [nil, StoreSample.project] {
                for filtered in [nil, key] {
                    for after in [nil, "\(day.number)/\(key)"] {
                        let filter = UsageFilter(
                            visibleTo: viewer,
                            key: filtered,
                            project: project,
                            from: day,
                            to: after == nil ? nil : day
                        )
                        _ = try store.usage(filter, page: PageRequest(limit: page.limit, after: after))
                    }
                }
            }
        }
        _ = try store.forgetUsage(before: day, limit: 10)
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
        _ = try (store.key(withDigest: key.digest, at: now), store.isDigestTaken(key.digest))
        try store.endTokens(of: key.id, at: now)
        _ = try store.revokeKey(key.digest, at: now)
        try askForUsage(store, page)
        try store.update(StoreSample.project(name: "renamed", audiences: []))
        try Self.askRoles(store, db)
        try AuditTests.askEverything(store)
    }

    private static func askRoles(_ store: StoreTransaction, _ db: Database) throws {
        let page = PageRequest(limit: 10, after: nil)
        var (role, group) = (StoreSample.role(1), StoreSample.group(1))
        try store.insert(role)
        try store.insert(group)
        var key = StoreSample.key(1)
        (key.roles, key.groups) = ([role], [group])
        try store.update(key, at: StoreSample.now)
        (role.name, role.scopes, group.name) = ("renamed", ["x"], "renamed")
        try store.update(role)
        try store.update(group)
        _ = try (store.role(named: "reader"), store.roles(page), store.group(named: "a"), store.groups(page))
        _ = try (store.isRoleInUse(role.id), store.isGroupInUse(group.id))
        _ = try (store.longestKeys(withRole: role.id), store.longestKeys(withGroup: group.id))
        _ = try ClientQuery.fetch(db, ClientQuery.byID, key.id.ulid.stored, sharing: SharedLists())
        try store.deleteRole(role.id)
        try store.deleteGroup(group.id)
    }
}
