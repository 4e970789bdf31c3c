import AuthorizationServer
import Foundation
import GRDB
import OAuth
import TestSupport
import Testing

@testable import SQLiteStore

@Suite("Ended refresh families are forgotten")
struct FamilyPruningTests {
    private static let isSlow = ProcessInfo.processInfo.environment["TOKENBOOTH_SLOW_TESTS"] == "1"

    /// Prunes `count` ended families in batches of a hundred, and refreshes a live one beside each batch.
    ///
    /// - Returns: How long a refresh and a batch together took, in rising order.
    private func prune(_ store: SQLiteStore, batches: Int) async throws -> [Duration] {
        var desk = try await FamilyDesk(store)
        desk.policy.maximumFamilies = 10
        var token = try await desk.opened()
        let end = StoreSample.now.advanced(by: -1)
        var times: [Duration] = []
        for _ in 0..<batches {
            let start = ContinuousClock.now
            async let forgotten = store.forgetFamilies(endedUntil: end, limit: 100)
            token = try #require(try await desk.rotated(token))
            times.append(ContinuousClock.now - start)
            guard try await forgotten > 0 else { break }
        }
        return times.sorted()
    }

    // threats: REF-20, DBF-19
    @Test
    func `ended families go in batches that nobody notices`() async throws {
        let directory = try TemporaryDirectory()
        let store = try SQLiteStore.open(directory: directory.path, onChange: { _ in })
        try await store.fill()
        try await store.insertEnded(4_000)
        let times = try await prune(store, batches: 4_000)
        // A batch takes 5 ms; what else it waits for are two commits, and other tests on this machine.
        let median = times[times.count / 2]
        #expect(times.count > 40 && median < .milliseconds(100), "\(median)")
        let left = try await store.connections.database.read { db in
            try Int.fetchAll(
                db,
                sql: """
                    SELECT count(*) FROM refreshFamily
                    UNION ALL SELECT count(*) FROM statusEntry WHERE endedAt IS NOT NULL
                    """
            )
        }
        #expect(left == [1, 4_000])
        #expect(try store.check() == [])
        store.close()
    }

    // threats: REF-20
    @Test(.enabled(if: isSlow))
    func `Slow: of a million ended families nobody notices that they go`() async throws {
        let directory = try TemporaryDirectory()
        let store = try SQLiteStore.open(directory: directory.path, onChange: { _ in })
        try await store.fill()
        for list in 77..<85 { try await store.insertEnded(125_000, list: list) }
        let times = try await prune(store, batches: 500)
        #expect(times[times.count * 99 / 100] < .milliseconds(50), "\(times.suffix(10))")
        store.close()
    }
}

extension SQLiteStore {
    /// Families of the first key that ended long ago, with places in a list of their own.
    ///
    /// - Parameter revokedAt: SQL; `i` is the number of the family.
    func insertEnded(
        _ count: Int,
        list: Int = 77,
        revokedAt: String = "iif(i % 3 = 0, 1500, NULL)"
    ) async throws {
        try await connections.database.writeWithoutTransaction { db in
            try db.execute(
                sql: """
                    BEGIN;
                    INSERT INTO statusList (id, createdAt, taken) VALUES (\(list), 0, \(count));
                    WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < \(count - 1))
                    INSERT INTO statusEntry (list, position) SELECT \(list), i FROM n;
                    WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < \(count - 1))
                    INSERT INTO refreshFamily (id, apiKey, scope, audiences, generation, rotatedAt, idleExpiry,
                        absoluteExpiry, revokedAt, nonce, secretID, statusList, statusPosition)
                    SELECT randomblob(16), (SELECT min(number) FROM apiKey), 'a', '["urn:a"]', i, 1000, 2000 + i,
                        900000, \(revokedAt), randomblob(16), zeroblob(8), \(list), i FROM n;
                    COMMIT
                    """
            )
        }
    }
}
