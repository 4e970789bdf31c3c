import Administration
import AuthorizationServer
import GRDB
import OAuth
import TestSupport
import Testing

@testable import SQLiteStore

@Suite("Figures of the store")
struct FiguresTests {
    private let now = StoreSample.now

    @Test
    func `every key is counted in one state, that which its list says`() async throws {
        let store = try SQLiteStore.inMemory()
        defer { store.close() }
        let (past, future) = (now.advanced(by: -1), now.advanced(by: 1))
        var number = 0
        for (isDisabled, expiresAt, revokedAt) in [
            (false, nil, nil), (false, future, nil), (true, nil, nil), (true, future, nil), (true, now, nil),
            (false, now, nil), (false, past, nil), (false, nil, past), (true, past, past),
            (false, future, now),
            (false, future, nil),
        ] as [(Bool, NumericDate?, NumericDate?)] {
            number += 1
            var key = StoreSample.key(number)
            (key.isDisabled, key.expiresAt, key.revokedAt) = (isDisabled, expiresAt, revokedAt)
            if number == 1 {
                try await store.fill([key])
            } else {
                try await store.write { [key] in try $0.insert(key) }
            }
        }
        let counts = try await store.keyCounts(at: now)
        #expect(counts == KeyCounts(active: 3, disabled: 2, expired: 3, revoked: 3))
        let page = PageRequest(limit: 100, after: nil)
        for (status, count) in [
            (KeyStatus.active, counts.active), (.disabled, counts.disabled), (.expired, counts.expired),
            (.revoked, counts.revoked),
        ] {
            let listed = try await store.read { [now] in
                try $0.keys(KeyFilter(status: status), page: page, at: now)
            }
            #expect(listed.count == Int(count), "\(status)")
        }
        #expect(try await store.keyCounts(at: future).active == 1)
    }

    @Test
    func `counting keys goes through indexes`() throws {
        let database = try DatabaseQueue()
        try Schema.migrate(database)
        let steps = try database.read { db in
            try Row.fetchAll(
                db,
                sql: "EXPLAIN QUERY PLAN \(SQLiteStore.keyCountsSQL)",
                arguments: [now.seconds]
            )
            .map { $0["detail"] as String }
            .filter { $0.contains("apiKey") }
        }
        #expect(steps.count == 4 && steps.allSatisfy { $0.contains(" INDEX ") }, "\(steps)")
    }

    @Test
    func `durable transactions are timed and their changes counted, failed ones are not`() async throws {
        let directory = try TemporaryDirectory()
        let store = try SQLiteStore.open(directory: directory.path, onChange: { _ in })
        try await store.fill([StoreSample.key(1), StoreSample.key(2)])
        try await store.write { try $0.insert(StoreSample.key(3)) }
        let statistics = store.statistics
        #expect(statistics.batchSizes.sum == Double(statistics.mutations))
        #expect(statistics.batchSizes.counts.reduce(0, +) == UInt64(statistics.commits))
        #expect(statistics.durations.counts.reduce(0, +) == UInt64(statistics.commits))
        #expect(statistics.commits >= 2 && statistics.durations.sum > 0)
        #expect(store.logBytes.map { $0 > 0 } == true)
        store.close()
        await #expect(throws: StoreUnavailable.self) {
            try await store.write { try $0.insert(StoreSample.key(4)) }
        }
        #expect(store.statistics.durations.counts == statistics.durations.counts)
    }

    @Test
    func `a value belongs to the first bound that is not below it`() {
        var distribution = Distribution(bounds: [1, 2, 4])
        for value in [0, 1, 1.5, 2, 4, 4.1, .infinity] { distribution.record(value) }
        #expect(distribution.counts == [2, 2, 1, 2])
    }
}
