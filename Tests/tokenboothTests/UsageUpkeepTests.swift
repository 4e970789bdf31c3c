import Administration
import AuthorizationServer
import HTTPFrontEnd
import Logging
import OAuth
import SQLiteStore
import Synchronization
import TestSupport
import Testing

@testable import tokenbooth

/// A store that takes no counters for a while.
private final class FailingStore: UsageStore {
    let store: SQLiteStore
    let isFailing = Atomic(false)

    init(_ store: SQLiteStore) { self.store = store }

    func add(_ usage: [UsageEntry]) async throws(StoreUnavailable) {
        guard !isFailing.load(ordering: .relaxed) else { throw StoreUnavailable(reason: "no room") }
        try await store.add(usage)
    }

    func forgetUsage(before day: UsageDay, limit: Int) async throws(StoreUnavailable) -> Int {
        try await store.forgetUsage(before: day, limit: limit)
    }
}

@Suite("Usage on its way to the store")
struct UsageUpkeepTests {
    private static let now = StoreSample.now
    private static let today = UsageDay(of: now)
    private let store: SQLiteStore
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    init() async throws {
        store = try SQLiteStore.inMemory()
        try await store.fill((1...3).map { StoreSample.key($0) })
    }

    /// A token for each key on each of these days, counted back from today.
    private static func harvest(_ keys: ClosedRange<Int> = 1...1, daysAgo: [Int64] = [0]) -> UsageHarvest {
        var tally = UsageTally()
        for key in keys {
            for days in daysAgo {
                let time = now.advanced(by: -days * 86_400)
                tally.countToken(by: .tokenExchange, to: StoreSample.keyID(key), from: nil, at: time)
            }
        }
        var harvest = UsageHarvest()
        harvest.add(tally)
        return harvest
    }

    private func tokens(_ key: Int = 1) async throws -> Int64 {
        try await store.tokensIssued(to: StoreSample.keyID(key), since: Self.today)
    }

    /// How many days ago the oldest counter is of.
    private func age() async throws -> Int64 {
        let first = PageRequest(limit: 1, after: nil)
        let usage = try await store.read { try $0.usage(UsageFilter(), page: first) }
        return Self.today.number - (usage.first?.day.number ?? Self.today.number)
    }

    @Test(.timeLimit(.minutes(5)))
    func `counters are written while very many old ones are forgotten, and none is lost`() async throws {
        let ledger = UsageLedger(store: store, logger: logger)
        await ledger.finish(Self.harvest(daysAgo: [31] + (32...6_000)))
        let taken = Atomic<Int64>(0)
        let writtenBeside = Atomic<Int64>(0)
        var upkeep = UsageUpkeep(
            ledger: ledger,
            take: { _ in
                if let tokens = try? await tokens(), let age = try? await age(), age > 31 {
                    writtenBeside.store(tokens, ordering: .relaxed)
                }
                taken.add(1, ordering: .relaxed)
                return Self.harvest()
            },
            directory: ClientDirectory(store: store, issuer: "https://booth.example"),
            store: store,
            retention: 31 * 86_400,
            clock: WallClock { (Self.now.seconds, 0) },
            logger: logger
        )
        (upkeep.interval, upkeep.look) = (.zero, .milliseconds(1))
        let run = Task { [upkeep] in try await upkeep.run() }
        while try await age() > 31 { try await Task.sleep(for: .milliseconds(5)) }
        run.cancel()
        try await run.value
        #expect(writtenBeside.load(ordering: .relaxed) > 3)
        #expect(try await age() == 31, "a day of the retention is kept")
        await ledger.finish(UsageHarvest())
        #expect(try await tokens() == taken.load(ordering: .relaxed))
    }

    @Test
    func `what the store does not take waits, and is written once`() async throws {
        let failing = FailingStore(store)
        let ledger = UsageLedger(store: failing, logger: logger)
        failing.isFailing.store(true, ordering: .relaxed)
        for last in 1...3 { await ledger.flush(Self.harvest(1...last)) }
        await ledger.finish(Self.harvest(3...3))
        #expect(try await tokens() == 0)
        failing.isFailing.store(false, ordering: .relaxed)
        await ledger.flush(UsageHarvest())
        await ledger.flush(Self.harvest(3...3))
        #expect(try await [tokens(1), tokens(2), tokens(3)] == [3, 2, 3])
    }

    @Test
    func `flushes that come together neither lose nor double anything`() async throws {
        let ledger = UsageLedger(store: store, logger: logger)
        await withTaskGroup { group in
            for _ in 0..<50 { group.addTask { await ledger.flush(Self.harvest(1...3)) } }
        }
        await ledger.finish(UsageHarvest())
        #expect(try await [tokens(1), tokens(2), tokens(3)] == [50, 50, 50])
    }
}
