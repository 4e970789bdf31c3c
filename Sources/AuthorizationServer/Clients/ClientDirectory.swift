package import OAuth
package import Primitives

/// The clients in memory, found by the digest of their API key; SQLite stands behind it.
///
/// A look-up locks one of 64 shards for a hash-table access. What is cached is bounded, unknown keys
/// too. A change is visible from the moment that ``apply(_:)`` returns: a load that began before it
/// and ends after it is not kept.
package final class ClientDirectory: Sendable {
    package enum Lookup: Sendable {
        case known(Client)
        /// The store had no such key when it was asked.
        case unknown
        /// Ask ``load(_:)``.
        case notCached
    }

    private let store: any ClientStore
    private let policies: PolicyTable
    private let shards: [ClientShard]
    private let limits: LimitTable

    /// - Parameters:
    ///   - capacity: Most clients to hold, over all shards.
    ///   - issuer: `iss` of the tokens whose shape the policies prepare.
    package init(store: any ClientStore, issuer: String, capacity: Int = 1_500_000) {
        self.store = store
        policies = PolicyTable(issuer: issuer)
        limits = LimitTable(capacity: capacity)
        shards = (0..<Self.shardCount).map { _ in ClientShard(capacity: max(1, capacity / Self.shardCount)) }
    }

    private static let shardCount = 64

    private func shard(_ digest: SHA256Digest) -> ClientShard {
        shards[digest.partition & (Self.shardCount - 1)]
    }

    /// Never waits for more than the other users of one shard.
    package func cached(_ digest: SHA256Digest) -> Lookup { shard(digest).find(digest) }

    /// Reads a client from the store and keeps it.
    ///
    /// - Parameter now: What its quota counts in.
    /// - Throws: ``StoreUnavailable``.
    package func load(_ digest: SHA256Digest, at now: NumericDate) async throws(StoreUnavailable) -> Client? {
        let shard = shard(digest)
        let generation = shard.generation
        guard let record = try await store.client(withDigest: digest) else {
            shard.keep(nil, for: digest, ifStill: generation)
            return nil
        }
        let client = Client(
            record,
            policy: policies.policy(for: record),
            limits: try await limits(of: record, at: now)
        )
        shard.keep(client, for: digest, ifStill: generation)
        return client
    }

    /// What a key has used stays with it, whatever is changed about it.
    ///
    /// While a key has no quota, or one of another period, its tokens are counted by the store alone; so each time that
    /// it is read, its count rises to what the store has. Tokens of the last seconds, which the store has not been told
    /// of yet, are in the count that is here, unless they were issued while there was none: those are missing until the
    /// key is read again, and no more than those, however often its quota is changed.
    private func limits(
        of record: ClientRecord,
        at now: NumericDate
    ) async throws(StoreUnavailable) -> KeyLimits? {
        guard record.rateLimit != nil || record.quota != nil else { return nil }
        let period = record.quota?.period
        let window = period.map { QuotaWindow($0, at: now) }
        var issued: Int64 = 0
        if let window { issued = try await store.tokensIssued(to: record.id, since: window.firstDay) }
        let state = limits.state(of: record.id, counting: period, from: window?.index ?? 0, issued: issued)
        return KeyLimits(rate: record.rateLimit, quota: record.quota, state: state)
    }

    /// Keys whose use of their limits is remembered.
    package var limitedKeys: Int { limits.count }

    /// Clients in memory.
    package var heldClients: Int { shards.reduce(0) { $0 + $1.count } }

    /// Forgets what a committed change made stale.
    package func apply(_ changes: [CommittedChange]) {
        for change in changes {
            switch change {
            case .key(let digest): shard(digest).forget(digest)
            case .everything: shards.forEach { $0.forgetAll() }
            case .denied, .status: continue
            }
        }
    }
}
