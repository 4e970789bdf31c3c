package import OAuth

/// What one key did on one day.
///
/// Forty bytes: there is one for each key in use, and a hundred thousand may be.
package struct KeyUsage: Sendable, Equatable {
    private var address = IPAddress(high: 0, low: 0)
    package var denials: [UsageDenial: Int64] = [:]
    private var exchangeCount: UInt32 = 0
    private var refreshCount: UInt32 = 0
    private var lastUse: UInt32 = 0

    /// Tokens by `client_credentials` and token exchange; since the last flush, so that 32 bits are plenty.
    package var exchanges: Int64 {
        get { Int64(exchangeCount) }
        set { exchangeCount = UInt32(clamping: newValue) }
    }

    package var refreshes: Int64 {
        get { Int64(refreshCount) }
        set { refreshCount = UInt32(clamping: newValue) }
    }

    /// The last request that its key has authenticated and that was answered; `nil` when all were denied.
    ///
    /// Until 2106, as Unix seconds in 32 bits.
    package var lastUsedAt: NumericDate? {
        get { lastUse == 0 ? nil : NumericDate(Int64(lastUse)) }
        set { lastUse = newValue.map { UInt32(clamping: max(1, $0.seconds)) } ?? 0 }
    }

    /// Where that came from, when that is known: no client has the unspecified address (RFC 4291 §2.5.2).
    package var lastUsedFrom: IPAddress? {
        get { address == IPAddress(high: 0, low: 0) ? nil : address }
        set { address = newValue ?? IPAddress(high: 0, low: 0) }
    }

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

    /// Hands over everything, and begins anew.
    package mutating func take() -> UsageTally {
        defer { entries.removeAll(keepingCapacity: entries.count < 4_096) }
        return self
    }
}

/// What keys did since the last call, of all event loops: an array, for that is half of what a dictionary takes, and all
/// keys of an installation may be in it.
package struct UsageHarvest: Sendable {
    package private(set) var entries: [UsageEntry] = []

    package init() {}

    /// - Parameter loops: How many there are: the others will have about as many entries as the first.
    package mutating func add(_ tally: consuming UsageTally, of loops: Int = 1) {
        if entries.isEmpty { entries.reserveCapacity(tally.entries.count * loops) }
        for (key, usage) in tally.entries { entries.append(UsageEntry(key: key, usage: usage)) }
    }

    package mutating func add(_ other: UsageHarvest) { add(other.entries) }

    package mutating func add(_ others: [UsageEntry]) {
        if entries.isEmpty { entries = others } else { entries += others }
    }

    /// Makes one entry for each key and day, in the order of the rows, so that a batch touches few pages.
    package mutating func settle() {
        entries.sort { left, right in
            left.key.day != right.key.day ? left.key.day < right.key.day : left.key.id < right.key.id
        }
        var last = 0
        for index in entries.indices.dropFirst() {
            if entries[index].key == entries[last].key {
                entries[last].usage.add(entries[index].usage)
            } else {
                last += 1
                if last != index { entries[last] = entries[index] }
            }
        }
        entries.removeLast(max(0, entries.count - last - 1))
    }

    /// Hands over the last of its entries, at most `limit`.
    package mutating func takeLast(_ limit: Int) -> [UsageEntry] {
        let taken = Array(entries.suffix(limit))
        entries.removeLast(taken.count)
        if entries.isEmpty { entries = [] }
        return taken
    }
}

package struct UsageEntry: Sendable {
    package let key: UsageTally.Key
    package fileprivate(set) var usage: KeyUsage

    package init(key: UsageTally.Key, usage: KeyUsage) {
        self.key = key
        self.usage = usage
    }
}
