import OAuth
import Synchronization

/// The states of all keys with limits, by key: asked when a client is read from the store, never for a request.
final class LimitTable: Sendable {
    private final class Shard: Sendable { let states = Mutex<[KeyID: LimitState]>([:]) }

    private let shards = (0..<LimitTable.shardCount).map { _ in Shard() }
    private let capacity: Int

    /// A power of two.
    private static let shardCount = 64

    /// - Parameter capacity: Keys to remember, over all shards.
    init(capacity: Int) { self.capacity = max(1, capacity / Self.shardCount) }

    private func shard(_ id: KeyID) -> Shard {
        shards[Int(truncatingIfNeeded: id.ulid.low) & (Self.shardCount - 1)]
    }

    var count: Int { shards.reduce(0) { $0 + $1.states.withLock { $0.count } } }

    /// The state of a key from now on: the one that there is, or a new one with its debt when that counts tokens by
    /// another period.
    ///
    /// - Parameters:
    ///   - period: `nil` for a key without a quota, which any state suits.
    ///   - issued: Tokens of the window with that index, as the store has counted them; the state has no fewer.
    func state(
        of id: KeyID,
        counting period: TokenQuota.Period?,
        from index: Int64,
        issued: Int64
    ) -> LimitState {
        shard(id).states.withLock { states in
            let old = states[id]
            if let old, period == nil || old.period == period {
                if period != nil { old.raise(to: issued, in: index) }
                return old
            }
            let state = LimitState(
                paidAt: old?.debtPaidAt ?? 0,
                period: period,
                index: index,
                issued: issued
            )
            if old == nil, states.count >= capacity { Self.makeRoom(&states) }
            states[id] = state
            return state
        }
    }

    /// Drops the eighth that has been at rest for longest; of a quota the store knows, save the last seconds.
    private static func makeRoom(_ states: inout [KeyID: LimitState]) {
        var surplus = max(1, states.count / 8)
        guard let limit = states.values.map(\.debtPaidAt).sorted().prefix(surplus).last else { return }
        for (id, state) in states where state.debtPaidAt <= limit && surplus > 0 {
            states[id] = nil
            surplus -= 1
        }
    }
}
