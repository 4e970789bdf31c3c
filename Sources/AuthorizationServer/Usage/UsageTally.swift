package import OAuth

/// What one key did on one day.
package struct KeyUsage: Sendable, Equatable {
    /// Tokens by `client_credentials` and token exchange.
    package var exchanges: Int64 = 0
    package var refreshes: Int64 = 0
    package var denials: [UsageDenial: Int64] = [:]
    /// The last request that its key has authenticated and that was answered; `nil` when all were denied.
    package var lastUsedAt: NumericDate?
    /// Where that came from, when that is known.
    package var lastUsedFrom: IPAddress?

    package init() {}

    package mutating func add(_ other: KeyUsage) {
        exchanges += other.exchanges
        refreshes += other.refreshes
        denials.merge(other.denials, uniquingKeysWith: +)
        guard let date = other.lastUsedAt, lastUsedAt.map({ $0 <= date }) ?? true else { return }
        lastUsedAt = date
        lastUsedFrom = other.lastUsedFrom
    }
}

/// The counters of one event loop, or of all, since they were last taken: nothing is written for a request.
///
/// Only keys that exist are counted, so that a stranger cannot make it grow.
package struct UsageTally: Sendable {
    package struct Key: Sendable, Hashable {
        package let id: KeyID
        package let day: UsageDay

        package init(id: KeyID, day: UsageDay) {
            self.id = id
            self.day = day
        }

        /// Half of the identifier suffices: it is random, and nobody chooses it.
        package func hash(into hasher: inout Hasher) {
            hasher.combine(id.ulid.low ^ UInt64(bitPattern: day.number) << 48)
        }
    }

    package private(set) var entries: [Key: KeyUsage] = [:]

    package init() {}

    package var isEmpty: Bool { entries.isEmpty }

    /// A token was issued.
    package mutating func countToken(
        by grant: GrantType,
        to id: KeyID,
        from address: IPAddress?,
        at now: NumericDate
    ) {
        change(id, now) { usage in
            if grant == .refreshToken { usage.refreshes += 1 } else { usage.exchanges += 1 }
            usage.lastUsedAt = now
            usage.lastUsedFrom = address
        }
    }

    /// Another request of the key was answered.
    package mutating func countUse(of id: KeyID, from address: IPAddress?, at now: NumericDate) {
        change(id, now) { usage in
            usage.lastUsedAt = now
            usage.lastUsedFrom = address
        }
    }

    package mutating func countDenial(_ reason: UsageDenial, of id: KeyID, at now: NumericDate) {
        change(id, now) { $0.denials[reason, default: 0] += 1 }
    }

    private mutating func change(_ id: KeyID, _ now: NumericDate, _ body: (inout KeyUsage) -> Void) {
        body(&entries[Key(id: id, day: UsageDay(of: now)), default: KeyUsage()])
    }

    package mutating func add(_ other: UsageTally) {
        for (key, usage) in other.entries { entries[key, default: KeyUsage()].add(usage) }
    }

    package mutating func add(_ entry: UsageEntry) {
        entries[entry.key, default: KeyUsage()].add(entry.usage)
    }

    /// Hands over everything, and begins anew.
    package mutating func take() -> UsageTally {
        defer { entries.removeAll(keepingCapacity: entries.count < 4_096) }
        return self
    }

    /// In the order of the rows, so that a batch touches few pages.
    package var sorted: [UsageEntry] {
        entries.map { UsageEntry(key: $0, usage: $1) }.sorted { left, right in
            left.key.day != right.key.day ? left.key.day < right.key.day : left.key.id < right.key.id
        }
    }
}

package struct UsageEntry: Sendable {
    package let key: UsageTally.Key
    package let usage: KeyUsage

    package init(key: UsageTally.Key, usage: KeyUsage) {
        self.key = key
        self.usage = usage
    }
}
