package import OAuth
import Synchronization

/// The single tokens that are denied, in memory for look-up; SQLite is the truth.
///
/// Divided into parts with a lock each: ten million tokens take about 350 MB, a look-up one lock and one or
/// two cache lines. It is filled in the background when the service starts; until ``isLoaded`` it cannot say of
/// a token that it is not denied.
package final class Denylist: Sendable {
    package enum Answer: Sendable, Equatable {
        case denied, notDenied
        /// Not loaded yet: ask the store.
        case unknown
    }

    private final class Shard: Sendable { let table = Mutex(DenialTable()) }

    private let shards = (0..<Denylist.shardCount).map { _ in Shard() }
    private let loaded = Atomic<Bool>(false)
    private let total = Atomic<Int>(0)
    private let changeCounter = Atomic<UInt64>(0)
    private let forgotten = Atomic<Int64>(.min)

    /// A power of two; many, so that making a part anew holds its lock for a millisecond at most.
    private static let shardCount = 1024

    package init() {}

    private func shard(_ id: TokenID) -> Shard {
        shards[Int(truncatingIfNeeded: id.low) & (Self.shardCount - 1)]
    }

    /// Whether a token is denied that would be forgotten at `end`.
    ///
    /// One that would have been forgotten already is denied whatever the clock says now: it may have been set back.
    package func answer(_ id: TokenID, endingAt end: NumericDate) -> Answer {
        guard end.seconds > forgotten.load(ordering: .relaxed) else { return .denied }
        if contains(id) { return .denied }
        return isLoaded ? .notDenied : .unknown
    }

    package func contains(_ id: TokenID) -> Bool { shard(id).table.withLock { $0.contains(id) } }

    /// Told by the committer before the revocation is answered, and by whoever loads the list.
    package func insert(_ token: DeniedToken) {
        guard shard(token.id).table.withLock({ $0.insert(token) }) else { return }
        total.wrappingAdd(1, ordering: .relaxed)
        changeCounter.wrappingAdd(1, ordering: .releasing)
    }

    /// How many tokens it holds.
    package var count: Int { total.load(ordering: .relaxed) }

    // MARK: Loading and forgetting

    package var isLoaded: Bool { loaded.load(ordering: .acquiring) }

    /// Everything that the store held is here.
    package func finishLoading() {
        loaded.store(true, ordering: .releasing)
        changeCounter.wrappingAdd(1, ordering: .releasing)
    }

    /// Makes room for `count` tokens at once.
    package func reserve(_ count: Int) {
        for shard in shards { shard.table.withLock { $0.reserve(count / Self.shardCount) } }
    }

    /// What had ended at `now` is gone from the store, or soon will be: no such token is honoured again.
    package func forget(endedAt now: NumericDate) {
        _ = forgotten.max(now.seconds, ordering: .relaxed)
        for shard in shards {
            let removed = shard.table.withLock { $0.removeEnded(at: now) }
            guard removed > 0 else { continue }
            total.wrappingSubtract(removed, ordering: .relaxed)
            changeCounter.wrappingAdd(1, ordering: .releasing)
        }
    }
}

/// The list in parts, for whoever publishes it.
extension Denylist {
    /// The most tokens of one part.
    package static let partLimit = 65_536

    /// Changes whenever any part does.
    package var changes: UInt64 { changeCounter.load(ordering: .acquiring) }

    /// In how many parts the list is now: a power of two, at least 1.
    ///
    /// A part is a range of random identifiers: on the average it is at most three quarters full, so that it
    /// stays within ``partLimit``, and a new token changes one part only.
    package var partCount: Int {
        var count = 1
        while count < Self.shardCount, self.count > count * (Self.partLimit / 4 * 3) { count *= 2 }
        return count
    }

    /// Rises with every change of one part.
    ///
    /// - Parameter partCount: A power of two up to 1024, as ``partCount`` gave it.
    package func changes(ofPart index: Int, of partCount: Int) -> UInt64 {
        shards(ofPart: index, of: partCount).reduce(0) { sum, shard in
            sum &+ shard.table.withLock { $0.changes }
        }
    }

    /// The tokens of one part, in no order that means anything.
    package func tokens(ofPart index: Int, of partCount: Int) -> [TokenID] {
        let shards = shards(ofPart: index, of: partCount)
        var ids: [TokenID] = []
        // No more than it needs: whoever publishes the part keeps them.
        ids.reserveCapacity(shards.reduce(0) { $0 + $1.table.withLock { $0.count } })
        for shard in shards {
            shard.table.withLock { $0.append(to: &ids) }
        }
        return ids
    }

    private func shards(ofPart index: Int, of partCount: Int) -> ArraySlice<Shard> {
        let width = Self.shardCount / max(1, min(partCount, Self.shardCount))
        let start = min(max(0, index), Self.shardCount / width) * width
        return shards[start..<min(start + width, Self.shardCount)]
    }
}
