import AuthorizationServer
import GRDB
import OAuth
import Synchronization
import TestSupport
import Testing

@testable import SQLiteStore

/// What prunes keeps the writer for 10 ms at most: a batch ends when its share is over, and others come before the next.
///
/// Nothing here is timed: how fast the writer is says a clock that goes on by so much for each row that is changed.
@Suite("What is pruned holds the writer for ten milliseconds at most")
struct HeldByPruningTests {
    private let directory: TemporaryDirectory
    private let store: SQLiteStore
    private let now = StoreSample.now
    private static let many = 20_000

    init() async throws {
        directory = try TemporaryDirectory()
        store = try SQLiteStore.open(directory: directory.path, onChange: { _ in })
        try await store.fill()
    }

    /// What the batches of one pruning came to.
    private struct Batches {
        var rows: [Int] = []
        var longest = Duration.zero
    }

    /// Prunes until nothing is left, on a writer that takes so long for each change of a row.
    private func prune(
        _ cost: Duration,
        _ forget: @escaping @Sendable (StoreTransaction, WriterShare) throws -> Int
    ) async throws -> Batches {
        var batches = Batches()
        while true {
            let (count, held) = try await store.committer.commit { transaction in
                let (db, start) = (transaction.db, ContinuousClock.now)
                let before = db.totalChangesCount
                let count = try forget(
                    transaction,
                    WriterShare { start + cost * (db.totalChangesCount - before) }
                )
                return (count, cost * (db.totalChangesCount - before))
            }
            guard count > 0 else { return batches }
            batches.rows.append(count)
            batches.longest = max(batches.longest, held)
        }
    }

    /// A batch of the usual size on a fast writer, and fewer rows at a time on a slower one.
    private func expect(_ batches: Batches, of count: Int, upTo limit: Int, _ cost: Duration) {
        #expect(batches.rows.reduce(0, +) == count)
        #expect(batches.longest <= .milliseconds(10), "\(batches.longest) at \(cost) a row")
        if cost < .microseconds(2) {
            #expect(batches.rows.dropLast().allSatisfy { $0 == limit }, "\(batches.rows.prefix(9))")
        } else {
            // And no fewer than its share has room for.
            #expect(batches.longest >= WriterShare.length, "\(batches.longest) at \(cost) a row")
        }
    }

    // threats: REF-20, DBF-19
    @Test(arguments: [1, 60, 300])
    func `the slower the writer, the fewer denied tokens go at a time`(microseconds: Int) async throws {
        try await store.insertEndedDenials(Self.many)
        let (cost, end) = (Duration.microseconds(microseconds), now)
        let batches = try await prune(cost) { transaction, share in
            try transaction.forgetDeniedTokens(until: end, limit: 1_024, share)
        }
        expect(batches, of: Self.many, upTo: 1_024, cost)
        #expect(try await store.denials().count == 0)
        store.close()
    }

    // threats: REF-20, DBF-19
    @Test(arguments: [1, 60, 900])
    func `the slower the writer, the fewer refresh families go at a time`(microseconds: Int) async throws {
        let count = microseconds == 1 ? Self.many : 2_000
        try await store.insertEnded(count, revokedAt: "iif(i % 2 = 0, 1500, NULL)")
        let (cost, end) = (Duration.microseconds(microseconds), now.advanced(by: -1))
        let batches = try await prune(cost) { transaction, share in
            try transaction.forgetFamilies(endedUntil: end, limit: 100, share)
        }
        expect(batches, of: count, upTo: 100, cost)
        store.close()
    }

    /// Revokes one token of the first key's.
    ///
    /// - Returns: What the writer had done when it was asked, or `nil` when that changed in the very moment; and when
    ///   it answered.
    private func revoked(_ id: TokenID) async -> (sent: CommitStatistics?, answered: CommitStatistics) {
        let denial = TokenDenial(
            token: DeniedToken(id: id, until: now.advanced(by: 100)),
            owner: StoreSample.keyID(1),
            right: RevocationRight(client: StoreSample.keyID(1), project: nil),
            now: now
        )
        var sent: CommitStatistics?
        let answered = await withCheckedContinuation { continuation in
            let before = store.statistics
            store.deny(denial) { result in
                #expect((try? result.get()) == .done)
                // Told by the thread that writes, before it goes on.
                continuation.resume(returning: store.statistics)
            }
            let after = store.statistics
            sent = before.commits == after.commits ? before : nil
        }
        return (sent, answered)
    }

    // threats: REF-20, DBF-19
    @Test
    func `a change that comes while very much is pruned waits for one batch and no more`() async throws {
        try await store.insertEndedDenials(Self.many)
        try await store.insertEnded(Self.many)
        let list = Denylist()
        let keeper = DenylistKeeper(list: list, store: store)
        try await keeper.load()
        #expect(list.count == Self.many)
        let desk = try await FamilyDesk(store)
        let first = try await desk.opened()
        let second = try #require(try await desk.rotated(first))
        let isOver = Atomic(false)
        let end = now.advanced(by: -1)
        let forgotten = Task { [store, now, keeper] in
            defer { isOver.store(true, ordering: .relaxed) }
            let denials = Task { try await keeper.forgetEnded(at: now) }
            var count = 0
            while case let batch = try await store.forgetFamilies(endedUntil: end, limit: 100), batch > 0 {
                count += batch
            }
            try await denials.value
            return count
        }
        var between = 0
        while !isOver.load(ordering: .relaxed) {
            let (sent, answered) = await revoked(TokenID(high: 1, low: UInt64(between % 500)))
            between += 1
            guard let sent else { continue }
            // The batch that was under way, and its own: with each of them one share of what is pruned.
            #expect(answered.commits - sent.commits <= 2)
            #expect(answered.mutations - sent.mutations <= 3)
        }
        #expect(try await forgotten.value == Self.many && list.count == 0)
        // At most 256 tokens or 100 families go in one batch.
        #expect(between > Self.many / 256, "only \(between) revocations came in between")
        #expect(try await desk.rotated(second) != nil)
        #expect(try await store.count("SELECT count(*) FROM refreshFamily") == 1)
        #expect(try await store.denials().count == min(between, 500))
        #expect(try store.check() == [])
        store.close()
    }
}

extension SQLiteStore {
    /// Denied tokens of the first key that ended long ago.
    fileprivate func insertEndedDenials(_ count: Int) async throws {
        try await execute(
            """
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(count))
            INSERT INTO deniedToken (jti, until, apiKey)
            SELECT randomblob(16), i, (SELECT min(number) FROM apiKey) FROM n;
            UPDATE deniedTotal SET count = \(count)
            """
        )
    }
}
