package import OAuth
import Synchronization

/// Counts failed authentications by where they come from: an IPv4 address, or the first 64 bits of an IPv6 one.
///
/// It is asked only when an authentication has failed, so that it can lock nobody out: whoever has a valid key gets
/// through, from the same address too. What it gives is an answer that tells a client to wait, less to log, and a
/// sign for whoever watches. Memory is bounded: of too many addresses those are forgotten that failed longest ago.
package final class FailureLimiter: Sendable {
    /// So that a typing error, a wrong deployment of some instances or a library that tries twice is not noticed.
    package static let standard = RateLimit(requests: 100, seconds: 60)

    package enum Verdict: Sendable, Equatable {
        case counted
        /// - Parameters:
        ///   - retryAfterSeconds: At least 1.
        ///   - isNews: Whether this address was within the limit until now.
        case limited(retryAfterSeconds: Int64, isNews: Bool)
    }

    private struct Entry {
        var paidAt: Int64 = 0
        var wasReported = false
    }

    private final class Shard: Sendable { let entries = Mutex<[IPAddress: Entry]>([:]) }

    private let shards = (0..<FailureLimiter.shardCount).map { _ in Shard() }
    private let capacity: Int

    /// A power of two.
    private static let shardCount = 64

    /// - Parameter capacity: Addresses to remember, over all shards; some 3 MB by default.
    package init(capacity: Int = 65_536) { self.capacity = max(1, capacity / Self.shardCount) }

    /// Addresses that it remembers at the moment.
    package var count: Int { shards.reduce(0) { $0 + $1.entries.withLock { $0.count } } }

    /// Counts one failure.
    ///
    /// - Parameter address: `nil` where it is not known: all of those are one.
    package func count(_ address: IPAddress?, by limit: RateLimit, at now: Uptime) -> Verdict {
        let network = address.map(Self.network) ?? IPAddress(high: 0, low: 0)
        let pacer = Pacer(limit)
        return shard(network).entries.withLock { entries in
            var entry = entries[network] ?? Entry()
            if entry.paidAt <= now.nanoseconds { entry.wasReported = false }
            if entries[network] == nil, entries.count >= capacity { Self.makeRoom(&entries, at: now) }
            defer { entries[network] = entry }
            let verdict = pacer.judge(paidAt: entry.paidAt, at: now)
            entry.paidAt = pacer.paidAt(after: verdict, entry.paidAt, at: now)
            switch verdict {
            case .conforms: return .counted
            case .exceeds(let wait):
                let isNews = !entry.wasReported
                entry.wasReported = true
                let seconds = max(1, (wait + 999_999_999) / 1_000_000_000)
                return .limited(retryAfterSeconds: seconds, isNews: isNews)
            }
        }
    }

    private func shard(_ network: IPAddress) -> Shard {
        // Neighbours must not meet in one part only.
        let mixed = (network.high ^ network.low &* 0x9E37_79B9_7F4A_7C15) &* 0xD6E8_FEB8_6659_FD93
        return shards[Int(truncatingIfNeeded: mixed >> 58)]
    }

    /// One who has an IPv6 address has 2^64 of them at least (RFC 6177).
    private static func network(of address: IPAddress) -> IPAddress {
        address.isV4 ? address : IPAddress(high: address.high, low: 0)
    }

    /// Drops what has been forgiven, and when that is too little the eighth that failed longest ago.
    private static func makeRoom(_ entries: inout [IPAddress: Entry], at now: Uptime) {
        let count = entries.count
        entries = entries.filter { $0.value.paidAt > now.nanoseconds }
        guard entries.count > count - count / 8 - 1 else { return }
        let oldest = entries.sorted { $0.value.paidAt < $1.value.paidAt }.prefix(max(1, count / 8))
        for (network, _) in oldest { entries[network] = nil }
    }
}
