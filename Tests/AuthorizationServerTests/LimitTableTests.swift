import OAuth
import Primitives
import Synchronization
import Testing

@testable import AuthorizationServer

@Suite("Limits of clients in memory")
struct LimitTableTests {
    /// A store with one key, whose limits can be changed.
    private final class Shelf: ClientStore {
        let record = Mutex(Sample.record())
        let issued = Mutex<Int64>(0)

        func client(withDigest digest: SHA256Digest) async throws(StoreUnavailable) -> ClientRecord? {
            record.withLock { $0 }
        }

        func client(withID id: KeyID) async throws(StoreUnavailable) -> ClientRecord? {
            record.withLock { $0 }
        }

        func tokensIssued(to id: KeyID, since day: UsageDay) async throws(StoreUnavailable) -> Int64 {
            // 2026-11-21 by day, 2026-11-01 by month.
            day.number == 20_778 ? issued.withLock { $0 } : 1_000
        }
    }

    private static let now = Uptime(nanoseconds: 1_000_000_000_000)
    private static let noon = NumericDate(1_795_262_400)

    private let shelf = Shelf()
    private let directory: ClientDirectory

    init() { directory = ClientDirectory(store: shelf, issuer: "https://auth.example", capacity: 64) }

    private func limits() async throws -> KeyLimits {
        try #require(try await directory.load(Sample.record().digest, at: Self.noon)?.limits)
    }

    private func isAdmitted(_ limits: KeyLimits, after seconds: UInt64 = 0) -> Bool {
        let now = Uptime(nanoseconds: UInt64(Self.now.nanoseconds) + seconds * 1_000_000_000)
        if case .admitted = limits.admit(at: now, on: Self.noon) { return true }
        return false
    }

    @Test
    func `a key without limits has none to be asked for`() async throws {
        #expect(try await directory.load(Sample.record().digest, at: Self.noon)?.limits == nil)
        #expect(directory.limitedKeys == 0)
    }

    @Test
    func `a key that is forgotten or changed goes on where it was`() async throws {
        shelf.record.withLock { $0.rateLimit = RateLimit(requests: 2, seconds: 60) }
        #expect(isAdmitted(try await limits()))
        directory.apply([.everything])
        #expect(isAdmitted(try await limits()))
        directory.apply([.key(Sample.record().digest)])
        #expect(!isAdmitted(try await limits()))
        // A wider limit pays the old debt first, and no longer than one interval of its own.
        shelf.record.withLock { $0.rateLimit = RateLimit(requests: 60, seconds: 60) }
        directory.apply([.everything])
        let wide = try await limits()
        #expect(!isAdmitted(wide) && isAdmitted(wide, after: 1))
        #expect(directory.limitedKeys == 1)
    }

    @Test
    func `the debt of a narrower limit of before ends with the wider one's time`() throws {
        let (day, fast) = (RateLimit(requests: 1, seconds: 86_400), RateLimit(requests: 10, seconds: 1))
        let (narrow, wide) = try (Pacer(#require(day)), Pacer(#require(fast)))
        let state = LimitState()
        let failures = FailureLimiter()
        func now(_ milliseconds: UInt64) -> Uptime { Uptime(nanoseconds: (1_000 + milliseconds) * 1_000_000) }
        func isConforming(_ pacer: Pacer, _ milliseconds: UInt64) -> Bool {
            if case .conforms = state.spend(pacer, at: now(milliseconds)) { true } else { false }
        }
        #expect(isConforming(narrow, 0) && !isConforming(narrow, 0))
        #expect(!isConforming(wide, 0) && isConforming(wide, 100))
        #expect(try failures.count(nil, by: #require(day), at: now(0)) == .counted)
        #expect(try failures.count(nil, by: #require(fast), at: now(0)) != .counted)
        #expect(try failures.count(nil, by: #require(fast), at: now(100)) == .counted)
    }

    @Test
    func `a quota begins with what the store has counted, and never goes back to it`() async throws {
        shelf.record.withLock { $0.quota = TokenQuota(tokens: 5, period: .day) }
        shelf.issued.withLock { $0 = 3 }
        let first = try await limits()
        #expect(isAdmitted(first) && isAdmitted(first) && !isAdmitted(first))
        shelf.issued.withLock { $0 = 0 }
        directory.apply([.everything])
        #expect(!isAdmitted(try await limits()))
        // Another period is another count.
        shelf.record.withLock { $0.quota = TokenQuota(tokens: 1_001, period: .month) }
        let monthly = try await limits()
        #expect(isAdmitted(monthly) && !isAdmitted(monthly))
    }

    @Test(arguments: [nil, RateLimit(requests: 100, seconds: 60)])
    func `a quota that is taken away and given back knows what was issued in between`(
        rate: RateLimit?
    ) async throws {
        shelf.record.withLock { ($0.rateLimit, $0.quota) = (rate, TokenQuota(tokens: 5, period: .day)) }
        #expect(isAdmitted(try await limits()))
        shelf.record.withLock { $0.quota = nil }
        directory.apply([.everything])
        #expect(try await directory.load(Sample.record().digest, at: Self.noon)?.limits?.quota == nil)
        // Four more, which were counted by the store alone.
        shelf.issued.withLock { $0 = 5 }
        shelf.record.withLock { $0.quota = TokenQuota(tokens: 5, period: .day) }
        directory.apply([.everything])
        #expect(!isAdmitted(try await limits()))
        shelf.record.withLock { $0.quota = TokenQuota(tokens: 7, period: .day) }
        directory.apply([.everything])
        let wider = try await limits()
        #expect(isAdmitted(wider) && isAdmitted(wider) && !isAdmitted(wider))
    }

    @Test
    func `a quota that comes and goes gives nothing twice, though the store knows nothing yet`() async throws
    {
        for _ in 0..<3 {
            shelf.record.withLock { $0.quota = TokenQuota(tokens: 3, period: .day) }
            directory.apply([.everything])
            #expect(isAdmitted(try await limits()))
            shelf.record.withLock { $0.quota = nil }
            directory.apply([.everything])
            #expect(try await directory.load(Sample.record().digest, at: Self.noon)?.limits == nil)
        }
        shelf.record.withLock { $0.quota = TokenQuota(tokens: 3, period: .day) }
        directory.apply([.everything])
        #expect(!isAdmitted(try await limits()))
    }

    @Test
    func `what the store has counted raises the count of its window, and of no later one`() {
        let state = LimitState(period: .day, index: 5, issued: 3)
        let steps: [(count: Int64, index: Int64, expected: Int64)] = [
            (2, 5, 3), (4, 5, 4), (9, 4, 4), (1, 6, 1), (9, 5, 1),
        ]
        for step in steps {
            state.raise(to: step.count, in: step.index)
            #expect(state.issued(in: 5) == step.expected, "\(step)")
        }
        #expect(state.issued(in: 6) == 1)
    }

    @Test
    func `the table is bounded, and forgets first who has been at rest for longest`() throws {
        let table = LimitTable(capacity: 64 * 16)
        func id(_ number: Int) -> KeyID { KeyID(ULID(high: 7, low: UInt64(number) << 6)) }
        let pacer = Pacer(try #require(RateLimit(requests: 1, seconds: 60)))
        func state(_ number: Int) -> LimitState {
            table.state(of: id(number), counting: nil, from: 0, issued: 0)
        }
        for number in 0..<1_000 {
            _ = state(number).spend(pacer, at: Uptime(nanoseconds: UInt64(number) * 1_000))
            #expect(table.count <= 16)
        }
        #expect(state(999).debtPaidAt > 0 && state(0).debtPaidAt == 0)
    }
}
