import Administration
import AuthorizationServer
import Foundation
import GRDB
import OAuth
import SQLiteStore
import TestSupport
import Testing

@Suite("Continuity: the clock, the epoch, and what a restore ends")
struct ContinuityTests {
    private let directory: TemporaryDirectory
    private let store: SQLiteStore
    private static let now = NumericDate(1_800_000_000)

    init() throws {
        directory = try TemporaryDirectory()
        store = try SQLiteStore.open(directory: directory.path, onChange: { _ in })
    }

    @Test
    func `a new database has seen no time and no epoch`() async throws {
        #expect(
            try await store.continuity()
                == Continuity(clock: NumericDate(0), epoch: 0, notBefore: NumericDate(0))
        )
    }

    // threats: OPS-04
    @Test
    func `the clock is never written backwards, and survives`() async throws {
        for seconds in [10, 0, -3600, 20, 19] as [Int64] {
            _ = try await store.remember(Self.now.advanced(by: seconds), raisingEpoch: false)
        }
        store.close()
        let again = try SQLiteStore.open(directory: directory.path, onChange: { _ in })
        #expect(try await again.continuity().clock == Self.now.advanced(by: 20))
        again.close()
    }

    @Test
    func `the epoch rises by one each time, also for many at once`() async throws {
        #expect(try await store.remember(Self.now, raisingEpoch: true).epoch == 1)
        let epochs = try await withThrowingTaskGroup(of: Int64.self) { [store] group in
            for _ in 0..<50 {
                group.addTask { try await store.remember(Self.now, raisingEpoch: true).epoch }
            }
            var epochs: [Int64] = []
            for try await epoch in group { epochs.append(epoch) }
            return epochs
        }
        #expect(epochs.sorted() == Array(2...51))
        store.close()
    }

    // threats: REV-16
    @Test
    func `an accepted restore ends families, withdraws lists, moves keys and sets the floor`() async throws {
        try await store.fill()
        let later = Self.now.advanced(by: 1000)
        _ = try await store.remember(Self.now, raisingEpoch: true)
        let before = try statuses()
        #expect(!before.isEmpty)
        try insertFamily()
        let outcome = try await store.accept(
            RestoreAcceptance(now: later, epoch: 41, resetsClock: false)
        )
        #expect(outcome.continuity == Continuity(clock: later, epoch: 42, notBefore: later))
        #expect(outcome.endedFamilies == 1)
        #expect(outcome.movedKeys == before.count)
        #expect(try statuses().isEmpty)
        try await store.loadStatuses(into: StatusBoard(), at: later)
        let after = try statuses()
        #expect(!after.isEmpty && after.count <= before.count)
        #expect(Set(after.map { $0.list }).isDisjoint(with: before.map { $0.list }))
        #expect(try numbers("SELECT count(*) FROM refreshFamily WHERE revokedAt IS NULL") == [0])
        #expect(
            try numbers("SELECT DISTINCT withdrawnAt FROM statusList WHERE withdrawnAt NOT NULL")
                == [later.seconds]
        )
        // Only that of the family, whose row still names it.
        #expect(
            try numbers(
                """
                SELECT count(*) FROM statusEntry e JOIN statusList l ON l.id = e.list
                WHERE l.withdrawnAt IS NOT NULL
                """
            ) == [1]
        )
        #expect(try store.check() == [])
        store.close()
    }

    // threats: OPS-04
    @Test
    func `only a restore that says so sets the clock back`() async throws {
        _ = try await store.remember(Self.now.advanced(by: 315_360_000), raisingEpoch: true)
        let kept = try await store.accept(RestoreAcceptance(now: Self.now, epoch: 0, resetsClock: false))
        #expect(kept.continuity.clock == Self.now.advanced(by: 315_360_000))
        let reset = try await store.accept(RestoreAcceptance(now: Self.now, epoch: 0, resetsClock: true))
        #expect(reset.continuity.clock == Self.now)
        #expect(reset.continuity.epoch == 3)
        store.close()
    }

    @Test
    func `the row cannot be lost`() async throws {
        store.close()
        let database = try DatabaseQueue(path: directory.path + "/tokenbooth.db")
        #expect(throws: DatabaseError.self) {
            try database.write { db in try db.execute(sql: "DELETE FROM continuity") }
        }
        try database.close()
    }

    // MARK: The tables themselves

    /// A second connection, which only a test may have.
    private func look<Value>(_ body: (Database) throws -> Value) throws -> Value {
        let database = try DatabaseQueue(path: directory.path + "/tokenbooth.db")
        defer { try? database.close() }
        return try database.read(body)
    }

    private func numbers(_ sql: String) throws -> [Int64] {
        try look { db in try Int64.fetchAll(db, sql: sql) }
    }

    private func statuses() throws -> [(list: Int64, position: Int64)] {
        try look { db in
            try Row.fetchAll(
                db,
                sql: "SELECT statusList, statusPosition FROM apiKey WHERE statusList IS NOT NULL"
            ).map { ($0[0], $0[1]) }
        }
    }

    private func insertFamily() throws {
        let database = try DatabaseQueue(path: directory.path + "/tokenbooth.db")
        try database.write { db in
            let list: Int64 = try Int64.fetchOne(db, sql: "SELECT id FROM statusList") ?? 0
            try db.execute(
                sql: "INSERT OR IGNORE INTO statusEntry (list, position) VALUES (?, 131071)",
                arguments: [list]
            )
            try db.execute(
                sql: """
                    INSERT INTO refreshFamily (id, apiKey, scope, audiences, generation, rotatedAt, idleExpiry,
                        absoluteExpiry, revokedAt, nonce, secretID, statusList, statusPosition)
                    SELECT randomblob(16), number, '', '["a"]', 0, 0, 9000000000, 9000000000, NULL,
                        randomblob(16), randomblob(8), ?, 131071 FROM apiKey LIMIT 1
                    """,
                arguments: [list]
            )
        }
        try database.close()
    }
}
