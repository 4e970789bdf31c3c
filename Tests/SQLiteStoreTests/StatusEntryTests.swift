import Administration
import AuthorizationServer
import GRDB
import OAuth
import TestSupport
import Testing

@testable import SQLiteStore

@Suite("Status entries")
struct StatusEntryTests {
    private let log = ChangeLog()
    private let store: SQLiteStore
    private let now = StoreSample.now

    init() throws { store = try SQLiteStore.inMemory(onChange: log.note) }

    @Test
    func `a list gives out three quarters of its entries, then another list has room`() async throws {
        try await store.fill()
        let first = try #require(try await store.client(withID: StoreSample.keyID(1))?.status)
        try await store.execute("UPDATE statusList SET taken = 98303")
        try await store.write { try $0.insert(StoreSample.key(2)) }
        try await store.write { try $0.insert(StoreSample.key(3)) }
        let second = try #require(try await store.client(withID: StoreSample.keyID(2))?.status)
        let third = try #require(try await store.client(withID: StoreSample.keyID(3))?.status)
        #expect(first.list == second.list && first.list != third.list)
        #expect(try await store.count("SELECT taken FROM statusList WHERE id = \(third.list.value)") == 1)
    }

    // threats: REV-16
    @Test
    func `a withdrawn list gives out no entry, and all of it is INVALID`() async throws {
        try await store.fill()
        let first = try #require(try await store.client(withID: StoreSample.keyID(1))?.status)
        try await store.execute("UPDATE statusList SET withdrawnAt = 1")
        try await store.execute("UPDATE apiKey SET statusList = NULL, statusPosition = NULL")
        let board = StatusBoard()
        try await store.loadStatuses(into: board, at: now)
        let second = try #require(try await store.client(withID: StoreSample.keyID(1))?.status)
        #expect(first.list != second.list)
        #expect(board.value(first) == .invalid && board.value(second) == .valid)
    }

    @Test
    func `keys that have none get one at a start, many at a time, and no others`() async throws {
        var (expired, revoked) = (StoreSample.key(1), StoreSample.key(2))
        expired.expiresAt = now
        revoked.revokedAt = now
        try await store.fill([expired, revoked] + (3...4_500).map { StoreSample.key($0) })
        try await store.execute("UPDATE apiKey SET statusList = NULL, statusPosition = NULL")
        try await store.execute(
            "UPDATE apiKey SET isDisabled = 1 WHERE digest = (SELECT max(digest) FROM apiKey)"
        )
        let board = StatusBoard()
        try await store.loadStatuses(into: board, at: now)
        #expect(try await store.count("SELECT count(*) FROM apiKey WHERE statusList IS NULL") == 2)
        let places = "SELECT count(*) FROM (SELECT DISTINCT statusList, statusPosition FROM apiKey)"
        #expect(try await store.count(places) == 4_499)
        var values: [StatusValue: Int] = [:]
        for number in 3...4_500 {
            let entry = try #require(try await store.client(withID: StoreSample.keyID(number))?.status)
            values[board.value(entry), default: 0] += 1
        }
        #expect(values == [.valid: 4_497, .suspended: 1])
    }

    @Test
    func `an entry is free again only when no copy of its list can say otherwise`() async throws {
        try await store.fill()
        try await store.write { store in
            var key = StoreSample.key(1)
            key.revokedAt = StoreSample.now
            try store.update(key, at: StoreSample.now)
        }
        let entries = "SELECT count(*) FROM statusEntry"
        // The service was down when it could have been left.
        let late = now.advanced(by: StatusTimes.retention + 100_000)
        try await store.keepStatuses(since: now, at: late)
        #expect(try await store.count(entries) == 1)
        let last = late.advanced(by: StatusTimes.listLifetime - 1)
        try await store.keepStatuses(since: late, at: last)
        #expect(try await store.count(entries) == 1)
        try await store.keepStatuses(since: last, at: last.advanced(by: 1))
        #expect(try await store.count(entries) == 0)
        #expect(try await store.count("SELECT taken FROM statusList") == 0)
    }

    // threats: REF-20
    @Test
    func `many families that expire in one second are told of in pages`() async throws {
        try await store.fill()
        var desk = try await FamilyDesk(store)
        desk.policy.idle = 100
        desk.policy.maximumFamilies = 10_000
        var entries: [StatusReference] = []
        for _ in 0..<1_203 { entries.append(try #require(try await desk.open().grant).status) }
        let end = now.advanced(by: 100)
        #expect(entries.allSatisfy { log.status($0) == .valid })
        try await store.keepStatuses(since: now, at: end)
        #expect(entries.allSatisfy { log.status($0) == .invalid })
    }

    // threats: REF-20
    @Test
    func `a page of what ended in one second begins behind the page before`() async throws {
        let store = try SQLiteStore.inMemory()
        try await store.connections.database.writeWithoutTransaction { db in
            for scan in StatusScan.all {
                let steps = try QueryPlan.steps(of: scan.sql, in: db).joined(separator: "\n")
                #expect(
                    steps.contains("=? AND rowid>?)") || steps.contains("=? AND (list,position)>(?,?))"),
                    "\(steps)"
                )
                #expect(!steps.contains("TEMP B-TREE"), "\(steps)")
            }
        }
        store.close()
    }

    @Test
    func `when nothing has ended nothing is written`() async throws {
        try await store.fill()
        let before = store.statistics.commits
        try await store.keepStatuses(since: now, at: now.advanced(by: 1))
        #expect(store.statistics.commits == before)
    }

    // threats: OPS-01
    @Test
    func `a service that stops leaves entries that are free to the next start`() async throws {
        try await store.fill()
        let entry = try #require(try await store.client(withID: StoreSample.keyID(1))?.status)
        let others = 20_000
        try await store.execute(
            """
            WITH RECURSIVE p (position) AS (VALUES (0) UNION ALL SELECT position + 1 FROM p LIMIT \(others))
            INSERT OR IGNORE INTO statusEntry (list, position, endedAt)
            SELECT \(entry.list.value), position, \(now.seconds) FROM p
            """
        )
        try await store.execute("UPDATE statusList SET taken = (SELECT count(*) FROM statusEntry)")
        let before = store.statistics.commits
        let late = now.advanced(by: StatusTimes.retention + StatusTimes.listLifetime)
        let upkeep = Task { [store] in try await store.keepStatuses(since: late, at: late) }
        while store.statistics.commits < before + 3 { await Task.yield() }
        upkeep.cancel()
        _ = try? await upkeep.value
        #expect(try await store.count("SELECT count(*) FROM statusEntry") > others / 2)
        try await store.keepStatuses(since: late, at: late)
        #expect(try await store.count("SELECT count(*) FROM statusEntry") == 1)
    }
}
