import Administration
import AuthorizationServer
import GRDB
import OAuth
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

    // threats: DBF-16
    @Test(arguments: ["0001 keys and projects", "0007 continuity", "0009 rotation", "0012 idempotency"])
    func `a database of an older release, with its keys, is taken over by this one`(release: String)
        async throws
    {
        let path = directory.path + "/tokenbooth.db"
        let database = try DatabaseQueue(path: path)
        try Schema.migrate(database, upTo: release)
        let key = StoreSample.key(1)
        try await database.write { db in
            try db.execute(
                sql: """
                    INSERT INTO policy (number, fingerprint, scopes, grantTypes) VALUES (1, zeroblob(32), 'reports:read', 'client_credentials');
                    INSERT INTO policyScope VALUES (1, 'reports:read');
                    INSERT INTO policyAudience VALUES (1, 0, 'https://a.example');
                    INSERT INTO project (number, id, name, policy, createdAt) VALUES (1, zeroblob(16), 'old', 1, 1);
                    INSERT INTO apiKey (number, id, digest, hint, name, description, project, subject, policy,
                        claims, isDisabled, createdAt)
                    VALUES (1, ?, ?, '', 'reports', '', 1, 'alice', 1, '{"tier":"gold"}', 0, 1)
                    """,
                arguments: [key.id.ulid.stored, key.digest.stored]
            )
        }
        try database.close()
        let store = try open()
        #expect(try store.check() == [])
        let client = try #require(try await store.client(withDigest: key.digest))
        #expect(client.id == key.id && client.subject.utf8.elementsEqual("alice".utf8))
        let kept = try #require(try await store.read { try $0.key(key.id) })
        #expect(kept.name == "reports" && kept.scopes == ["reports:read"])
        #expect(kept.audiences == ["https://a.example"])
        store.close()
    }

    @Test
    func `counters of an older release are listed with the project and the owner of their key`() async throws
    {
        let database = try DatabaseQueue(path: directory.path + "/tokenbooth.db")
        try Schema.migrate(database, upTo: "0012 idempotency")
        let (owner, key) = (StoreSample.keyID(1), StoreSample.keyID(2))
        try await database.write { db in
            try db.execute(
                sql: """
                    INSERT INTO policy (number, fingerprint, scopes, grantTypes) VALUES (1, zeroblob(32), '', '');
                    INSERT INTO project (number, id, name, policy, createdAt) VALUES (1, ?, 'old', 1, 1);
                    INSERT INTO apiKey (number, id, digest, hint, name, description, project, subject, policy,
                        claims, isDisabled, createdAt, owner)
                    VALUES (1, ?, zeroblob(32), '', 'a', '', 1, 'a', 1, '{}', 0, 1, NULL),
                        (2, ?, randomblob(32), '', 'b', '', 1, 'b', 1, '{}', 0, 1, 1);
                    INSERT INTO usage (day, apiKey, exchanges, refreshes) VALUES (7, 1, 1, 1), (7, 2, 2, 2);
                    """,
                arguments: [StoreSample.project.ulid.stored, owner.ulid.stored, key.ulid.stored]
            )
        }
        try database.close()
        let store = try open()
        defer { store.close() }
        let page = PageRequest(limit: 9, after: nil)
        for filter in [UsageFilter(project: StoreSample.project), UsageFilter(visibleTo: owner)] {
            let keys = try await store.read { try $0.usage(filter, page: page) }.map(\.key)
            #expect(keys == [owner, key])
        }
        #expect(
            try await store.read { try $0.usage(UsageFilter(visibleTo: key), page: page) }.map(\.key) == [key]
        )
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
        "id = x'00'", "digest = NULL", "subject = x'FF'",
    ])
    func `a row that somebody has spoilt is a fault, never a permission`(change: String) async throws {
        let spoilt = try await spoilt(change)
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

    @Test
    func `an admin role that nobody knows is a fault, never a permission`() async throws {
        let spoilt = try await spoilt("adminRole = 'god'")
        defer { spoilt.close() }
        await #expect(throws: StoreUnavailable.self) {
            try await spoilt.read { try $0.key(StoreSample.keyID(1)) }
        }
    }

    /// A store whose key somebody has changed past its rules.
    private func spoilt(_ change: String) async throws -> SQLiteStore {
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
        return try open()
    }
}
