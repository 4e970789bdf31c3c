import Administration
import AuthorizationServer
import GRDB
import OAuth
import Synchronization
import TestSupport
import Testing

@testable import SQLiteStore

/// A share that is over after five rows: its clock goes on by a fifth of it each time that it is read.
private func smallShare() -> WriterShare {
    var instant = ContinuousClock.now
    return WriterShare {
        instant += WriterShare.length / 5
        return instant
    }
}

@Suite("What upkeep and revocations ask of the writer")
struct UpkeepTests {
    private let counter = ChangeCounter()
    private let store: SQLiteStore
    private let now = StoreSample.now

    init() throws { store = try SQLiteStore.inMemory(onChange: counter.note) }

    private func change(_ change: @escaping @Sendable (inout KeyRecord) -> Void) async throws {
        try await store.write { store in
            guard var key = try store.key(StoreSample.keyID(1)) else { return }
            change(&key)
            try store.update(key, at: StoreSample.now)
        }
    }

    // threats: DBF-19, REF-20
    @Test
    func `a change of a key touches none of its families that were revoked before, and revives none`()
        async throws
    {
        try await store.fill()
        try await store.insertEnded(5_000, revokedAt: "1500")
        let desk = try await FamilyDesk(store)
        let live = [try await desk.open().grant, try await desk.open().grant].compactMap { $0?.status }
        #expect(live.count == 2)
        let board = StatusBoard()
        try await store.loadStatuses(into: board, at: now)
        let list = try #require(StatusListID(77))
        let ended = try #require(StatusReference(list: list, index: 4_999))
        #expect(board.value(ended) == .invalid)
        for (isDisabled, value) in [(true, StatusValue.suspended), (false, .valid)] {
            counter.reset()
            try await change { $0.isDisabled = isDisabled }
            #expect(counter.statuses.values.filter { $0 == value }.count == 3)
            #expect(counter.count < 10, "\(counter.count) changes for a key and its two families")
            #expect(counter.statuses[ended] == nil)
        }
        counter.reset()
        try await change { $0.revokedAt = StoreSample.now }
        #expect(counter.count < 10 && live.allSatisfy { counter.statuses[$0] == .invalid })
        let again = StatusBoard()
        try await store.loadStatuses(into: again, at: now)
        #expect(again.value(ended) == .invalid)
    }

    // threats: DBF-19
    @Test
    func `ended families are forgotten no longer than the time allows`() async throws {
        try await store.fill()
        try await store.insertEnded(30)
        var counts: [Int] = []
        while counts.last != 0 {
            counts.append(
                try await store.committer.commit { transaction in
                    try transaction.forgetFamilies(
                        endedUntil: StoreSample.now,
                        limit: 100,
                        smallShare()
                    )
                }
            )
        }
        #expect(counts.dropLast().allSatisfy { (1...5).contains($0) } && counts.reduce(0, +) == 30)
    }

    // threats: DBF-19
    @Test
    func `denied tokens that have ended are forgotten no longer than the time allows`() async throws {
        try await store.fill()
        try await store.execute(
            """
            WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 300)
            INSERT INTO deniedToken (jti, until, apiKey) SELECT CAST(printf('%016d', n) AS BLOB), 1, 1 FROM number
            """
        )
        var counts: [Int] = []
        repeat {
            counts.append(
                try await store.committer.commit {
                    try $0.forgetDeniedTokens(until: StoreSample.now, limit: 1_024, smallShare())
                }
            )
        } while counts.last != 0
        #expect(counts.reduce(0, +) == 300 && counts.allSatisfy { $0 <= 5 * 32 }, "\(counts)")
    }

    // threats: DBF-19
    @Test
    func `places in lists become free no longer than the time allows`() async throws {
        try await store.fill()
        try await store.insertEnded(30)
        try await store.execute("DELETE FROM refreshFamily")
        try await store.execute("UPDATE statusEntry SET endedAt = 1 WHERE list = 77")
        var rounds = 0
        var left = 30
        while try await store.committer.commit({ try $0.freeStatusEntries(at: StoreSample.now, smallShare()) }
        ) {
            rounds += 1
            let before = left
            left = try await store.count("SELECT count(*) FROM statusEntry WHERE list = 77")
            #expect(before - left <= 5)
        }
        #expect(rounds >= 6 && left == 0)
        #expect(try await store.count("SELECT taken FROM statusList WHERE id = 77") == 0)
    }

    // threats: DBF-19
    @Test
    func `keys that ended long ago lose their places no longer than the time allows, and their families end`()
        async throws
    {
        try await store.fill((1...12).map { StoreSample.key($0) })
        // One with more families than there is time for.
        try await store.insertEnded(300, revokedAt: "NULL")
        try await store.execute("UPDATE refreshFamily SET idleExpiry = 900000")
        try await store.execute("UPDATE apiKey SET expiresAt = 1000")
        let later = now
        var rounds = 0
        while try await store.committer.commit({ transaction in
            let before = transaction.db.totalChangesCount
            let isUnfinished = try transaction.leaveEntriesOfEndedKeys(at: later, smallShare())
            #expect(transaction.db.totalChangesCount - before <= 5 * 32 + 5 * 2)
            return isUnfinished
        }) { rounds += 1 }
        #expect(rounds >= 4, "\(rounds)")
        #expect(try await store.count("SELECT count(*) FROM apiKey WHERE statusList IS NOT NULL") == 0)
        #expect(try await store.count("SELECT count(*) FROM refreshFamily WHERE revokedAt IS NULL") == 0)
    }

    // threats: DBF-19
    @Test
    func `keys that expire together are told of no longer than the time allows, each once`() async throws {
        try await store.fill((1...12).map { StoreSample.key($0) })
        var entries: [StatusReference] = []
        for number in 1...12 {
            entries.append(try #require(try await store.client(withID: StoreSample.keyID(number))?.status))
            let desk = try await FamilyDesk(store, key: number)
            for _ in 0..<3 { entries.append(try #require(try await desk.open().grant).status) }
        }
        let end = now.advanced(by: 100)
        try await store.execute("UPDATE apiKey SET expiresAt = \(end.seconds)")
        counter.reset()
        let scan = StatusScan.all[0]
        var page: StatusScan.Page? = scan.firstPage(from: now, to: end)
        var rounds = 0
        while let next = page {
            let before = counter.count
            page = try await store.committer.commit { try $0.tell(scan, next, at: end, smallShare()) }
            #expect(counter.count - before <= 5 * 4)
            rounds += 1
        }
        #expect(rounds == 3 && counter.count == 48)
        #expect(entries.allSatisfy { counter.statuses[$0] == .invalid })
    }

    @Test
    func `upkeep that finds nothing to do commits nothing`() async throws {
        try await store.fill()
        let desk = try await FamilyDesk(store)
        #expect(try await desk.open().grant != nil)
        try await store.execute(
            "INSERT INTO deniedToken (jti, until, apiKey) VALUES (zeroblob(16), \(now.seconds + 1), 1)"
        )
        let event = AuditEvent("install", on: "", by: .operator, at: now)
        try await store.write { store in try store.record(event) }
        let commits = store.statistics.commits
        #expect(try await store.forgetFamilies(endedUntil: now, limit: 9) == 0)
        #expect(try await store.forgetDeniedTokens(until: now, limit: 9) == 0)
        #expect(try await store.forgetUsage(before: UsageDay(of: now), limit: 9) == 0)
        #expect(try await store.prune(auditBefore: now, at: now, limit: 9) == 0)
        #expect(try await store.prune(auditBefore: nil, at: now, limit: 9) == 0)
        try await store.keepStatuses(since: now, at: now.advanced(by: 1))
        #expect(store.statistics.commits == commits)
    }

    // What is dated by a clock that was read before a long wait for the writer.
    // threats: REV-01
    @Test
    func `a change that was made long after it had read its clock is told of as well`() async throws {
        try await store.fill()
        let entry = try #require(try await store.client(withID: StoreSample.keyID(1))?.status)
        try await change { $0.expiresAt = StoreSample.now.advanced(by: 1) }
        #expect(counter.statuses[entry] == .valid)
        var pace = StatusPace(loadedAt: now.advanced(by: 1))
        for second in Int64(41)...51 {
            let moment = now.advanced(by: second)
            try await store.keepStatuses(since: pace.start(at: moment), at: moment)
            pace.looked(at: moment)
        }
        #expect(counter.statuses[entry] == .invalid)
    }

    // threats: REF-20
    @Test
    func `what has ended is told of once, and again only every ten seconds for a minute`() {
        var pace = StatusPace(loadedAt: now)
        let starts = (Int64(1)...21).map { second in
            let moment = now.advanced(by: second)
            defer { pace.looked(at: moment) }
            return now.seconds - pace.start(at: moment).seconds
        }
        #expect(
            starts == [
                0, -1, -2, -3, -4, -5, -6, -7, -8, 51, -10, -11, -12, -13, -14, -15, -16, -17, -18, 41, -20,
            ]
        )
        // The clock goes back.
        #expect(pace.start(at: now) == now.advanced(by: -60))
    }
}

/// How many changes were told of, and the statuses among them.
private final class ChangeCounter: Sendable {
    private let state = Mutex<(count: Int, statuses: [StatusReference: StatusValue])>((0, [:]))

    var count: Int { state.withLock { $0.count } }
    var statuses: [StatusReference: StatusValue] { state.withLock { $0.statuses } }

    func reset() { state.withLock { $0 = (0, [:]) } }

    func note(_ changes: [CommittedChange]) {
        state.withLock { state in
            state.count += changes.count
            for case .status(let reference, let value) in changes { state.statuses[reference] = value }
        }
    }
}
