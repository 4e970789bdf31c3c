import Administration
import AuthorizationServer
import Foundation
import GRDB
import OAuth
import Primitives
import TestSupport
import Testing

@testable import SQLiteStore

@Suite("Refresh families on a file")
struct FamilyTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func open() throws -> SQLiteStore {
        try SQLiteStore.open(directory: directory.path, onChange: { _ in })
    }

    // threats: REF-11, REF-12
    @Test
    func `a thousand rotations move the idle expiry and never the absolute one, and restarts none of it`()
        async throws
    {
        var store = try open()
        try await store.fill()
        var desk = try await FamilyDesk(store)
        let first = try await desk.opened()
        var token = first
        let rows = try await Self.countRows(of: store)
        for round in 1...1_000 {
            desk.now = desk.now.advanced(by: 60)
            token = try #require(try await desk.rotated(token))
            guard round % 250 == 0 else { continue }
            let before = try #require(try await store.family(token.family)).family
            #expect(before.absoluteExpiry == StoreSample.now.advanced(by: 2_592_000))
            #expect(before.idleExpiry == desk.now.advanced(by: 604_800))
            store.close()
            store = try open()
            let now = desk.now
            desk = try await FamilyDesk(store)
            desk.now = now
            #expect(try await desk.generation(of: token) == UInt32(round))
        }
        #expect(try await Self.countRows(of: store) == rows)
        #expect(try await desk.rotated(first) == nil)
        store.close()
        store = try open()
        desk = try await FamilyDesk(store)
        #expect(try await desk.isRevoked(token) == true)
        #expect(try await desk.rotated(token) == nil)
        store.close()
    }

    // threats: REF-11
    @Test
    func `a generation that was never given out ends the family for good, and is an event`() async throws {
        var store = try open()
        try await store.fill()
        var desk = try await FamilyDesk(store)
        let token = try await desk.opened()
        let family = try #require(try await store.family(token.family)).family
        let forged = desk.secret.token(family.generation + 1, of: family.id, nonce: family.nonce)
        let outcome = try await desk.outcome(forged)
        #expect(outcome.event?.kind == .rollback && outcome.answer.token == nil)
        // As a crash would leave it: what the file has now, without what a store writes when it closes.
        let copy = try TemporaryDirectory()
        for name in ["/tokenbooth.db", "/tokenbooth.db-wal"] {
            try FileManager.default.copyItem(atPath: directory.path + name, toPath: copy.path + name)
        }
        store.close()
        store = try SQLiteStore.open(directory: copy.path, onChange: { _ in })
        desk = try await FamilyDesk(store)
        #expect(try await desk.isRevoked(token) == true)
        #expect(try await desk.rotated(token) == nil)
        let events = try await store.read { try $0.auditEntries(after: 0, limit: 10) }
        // The one after it is a late token of an ended family: no event.
        #expect(events.map(\.action) == ["refresh_rollback"])
        #expect(events.first?.target == family.id.description)
        store.close()
    }

    /// The rows of every table; a refresh adds none to any of them.
    private static func countRows(of store: SQLiteStore) async throws -> [String: Int] {
        try await store.connections.database.read { db in
            var counts: [String: Int] = [:]
            let tables = try String.fetchAll(
                db,
                sql: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
            )
            for table in tables { counts[table] = try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)") }
            return counts
        }
    }

    @Test
    func `rotations that wait share a transaction, and each is answered after it`() async throws {
        let store = try open()
        try await store.fill()
        var desk = try await FamilyDesk(store)
        desk.policy.maximumFamilies = 1_000
        var tokens: [RefreshToken] = []
        for _ in 0..<200 { tokens.append(try await desk.opened()) }
        let before = store.statistics
        await withTaskGroup(of: Void.self) { [desk, tokens] group in
            for token in tokens {
                group.addTask {
                    let successor = try? await desk.rotated(token)
                    #expect(successor?.generation == 1)
                    let generation = try? await desk.generation(of: token)
                    #expect(generation == 1)
                }
            }
        }
        #expect(store.statistics.mutations - before.mutations == 200)
        #expect(store.statistics.commits - before.commits < 100)
        store.close()
    }

    // threats: DBF-19
    @Test(arguments: [
        "SELECT f.number FROM refreshFamily f CROSS JOIN apiKey k ON k.number = f.apiKey WHERE f.id = x''",
        "SELECT count(*) FROM refreshFamily WHERE apiKey = 1 AND revokedAt IS NULL",
        "UPDATE refreshFamily SET generation = 1 WHERE number = 1 AND generation = 0",
        "SELECT number, idleExpiry FROM refreshFamily WHERE revokedAt <= 1 LIMIT 9",
        "SELECT number, revokedAt FROM refreshFamily WHERE idleExpiry <= 1 LIMIT 9",
    ])
    func `every look at families goes by an index`(sql: String) async throws {
        let store = try open()
        let plan = try await store.connections.database.read { db in
            try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + sql).map { $0["detail"] as String }
        }
        #expect(!plan.isEmpty && plan.allSatisfy { $0.hasPrefix("SEARCH") }, "\(plan)")
        store.close()
    }

    @Test(arguments: [
        "generation = -1", "generation = 4294967296", "nonce = x'00'", "idleExpiry = absoluteExpiry + 1",
        "audiences = 'urn:a'", "rotatedFrom = x'7F000001'",
    ])
    func `the database refuses a family that cannot be`(change: String) async throws {
        let store = try open()
        try await store.fill()
        _ = try await FamilyDesk(store).opened()
        await #expect(throws: DatabaseError.self) {
            try await store.connections.database.writeWithoutTransaction { db in
                try db.execute(sql: "UPDATE refreshFamily SET " + change)
            }
        }
        store.close()
    }

    // threats: REF-19
    @Test
    func `no token and no tag is in any file`() async throws {
        let store = try open()
        try await store.fill()
        let desk = try await FamilyDesk(store)
        let first = try await desk.opened()
        let second = try #require(try await desk.rotated(first))
        for file in ["tokenbooth.db", "tokenbooth.db-wal"] {
            let content = try directory.bytes(of: file)
            for part in [first.secret, second.secret, first.tag, second.tag] {
                #expect(content.firstRange(of: part) == nil)
            }
        }
        store.close()
    }
}
