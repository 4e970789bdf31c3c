import AuthorizationServer
import HTTPFrontEnd
import Logging
import OAuth
import Synchronization
import Testing

@testable import tokenbooth

/// Counts down what is to be forgotten, with as little work for it as can be.
private final class FewFamilies: FamilyStore {
    let left: Atomic<Int>

    init(_ count: Int) { left = Atomic(count) }

    func forgetFamilies(endedUntil end: NumericDate, limit: Int) async throws(StoreUnavailable) -> Int {
        let count = min(left.load(ordering: .relaxed), limit)
        left.subtract(count, ordering: .relaxed)
        return count
    }

    func open(
        _ opening: FamilyOpening,
        via carrier: (any AnswerCarrier)?,
        _ done: @escaping @Sendable (CommitResult<RefreshAnswer>) -> Void
    ) {
        done(.failure(StoreUnavailable(reason: "nothing is opened here")))
    }

    func rotate(
        _ rotation: Rotation,
        via carrier: (any AnswerCarrier)?,
        _ done: @escaping @Sendable (CommitResult<Rotation.Outcome>) -> Void
    ) {
        done(.failure(StoreUnavailable(reason: "nothing is rotated here")))
    }

    func revoke(
        _ revocation: FamilyRevocation,
        via carrier: (any AnswerCarrier)?,
        _ done: @escaping @Sendable (CommitResult<RevocationOutcome>) -> Void
    ) {
        done(.failure(StoreUnavailable(reason: "nothing is revoked here")))
    }

    func family(_ id: FamilyID) async throws(StoreUnavailable) -> (family: RefreshFamily, key: GrantStanding)?
    {
        nil
    }
}

@Suite("The pruning of refresh families")
struct FamilyPruneTests {
    // With a fixed pause as many families as the service opens in a second would take longer than that to forget.
    // threats: REF-20
    @Test
    func `it rests no longer than it has worked`() async throws {
        let store = FewFamilies(100_000)
        let rested = Mutex(Duration.zero)
        let count = Atomic(0)
        var pruning = FamilyPruning(
            store: store,
            clock: WallClock { (1_800_000_000, 0) },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        pruning.pause = { duration in
            rested.withLock { $0 += duration }
            count.wrappingAdd(1, ordering: .relaxed)
        }
        let start = ContinuousClock.now
        await pruning.prune()
        let worked = ContinuousClock.now - start
        #expect(store.left.load(ordering: .relaxed) == 0)
        #expect(count.load(ordering: .relaxed) >= 1000)
        let all = rested.withLock { $0 }
        #expect(all > .zero && all <= worked, "\(all) of \(worked)")
    }
}
