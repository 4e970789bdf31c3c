import OAuth

/// A hash table of denied tokens with 20 bytes a slot: open addressing, linear probing.
///
/// The identifiers are random and ours, so that their own bits are the hash. Nothing is removed singly: what has
/// ended goes when the table is made anew.
struct DenialTable: Sendable {
    private var highs: [UInt64]
    private var lows: [UInt64]
    /// Unix time; 0: the slot is empty.
    private var ends: [UInt32]
    private(set) var count = 0
    /// The first end of all; nothing can be removed before.
    private var earliest = UInt32.max
    /// Rises with every insertion and removal.
    private(set) var changes: UInt64 = 0

    private static let smallest = 16

    init() {
        highs = []
        lows = []
        ends = []
    }

    private var capacity: Int { ends.count }

    /// The slot where the search for `high` begins: its place among all values, scaled to the slots.
    private func start(_ high: UInt64) -> Int {
        Int(truncatingIfNeeded: high.multipliedFullWidth(by: UInt64(capacity)).high)
    }

    /// The slot that holds `id`, or the empty one where it belongs; there is always an empty one.
    private func slot(of id: TokenID) -> Int {
        var slot = start(id.high)
        while ends[slot] != 0, highs[slot] != id.high || lows[slot] != id.low {
            slot += 1
            if slot == capacity { slot = 0 }
        }
        return slot
    }

    func contains(_ id: TokenID) -> Bool { capacity > 0 && ends[slot(of: id)] != 0 }

    /// - Returns: Whether it is new.
    mutating func insert(_ token: DeniedToken) -> Bool {
        if (count + 1) * 20 > capacity * 17 {
            rebuild(capacity: max(Self.smallest, capacity * 3 / 2), after: 0)
        }
        let slot = slot(of: token.id)
        guard ends[slot] == 0 else { return false }
        put(token.id, until: max(1, UInt32(clamping: token.until.seconds)), at: slot)
        changes &+= 1
        return true
    }

    private mutating func put(_ id: TokenID, until end: UInt32, at slot: Int) {
        highs[slot] = id.high
        lows[slot] = id.low
        ends[slot] = end
        earliest = min(earliest, end)
        count += 1
    }

    /// Makes room for `count` tokens at once.
    mutating func reserve(_ count: Int) {
        let wanted = count * 20 / 14 + Self.smallest
        if wanted > capacity { rebuild(capacity: wanted, after: 0) }
    }

    /// Removes every token that need not be denied at `now`, and gives back memory that stays empty.
    ///
    /// - Returns: How many.
    mutating func removeEnded(at now: NumericDate) -> Int {
        let now = UInt32(clamping: now.seconds)
        guard earliest <= now else { return 0 }
        let before = count
        let left = ends.count { $0 > now }
        rebuild(capacity: left * 10 < capacity * 3 ? left * 5 / 3 + Self.smallest : capacity, after: now)
        if count < before { changes &+= 1 }
        return before - count
    }

    private mutating func rebuild(capacity: Int, after end: UInt32) {
        let old = self
        highs = [UInt64](repeating: 0, count: capacity)
        lows = [UInt64](repeating: 0, count: capacity)
        ends = [UInt32](repeating: 0, count: capacity)
        count = 0
        earliest = .max
        for index in old.ends.indices where old.ends[index] > end {
            let id = TokenID(high: old.highs[index], low: old.lows[index])
            put(id, until: old.ends[index], at: slot(of: id))
        }
    }

    func append(to ids: inout [TokenID]) {
        for index in ends.indices where ends[index] != 0 {
            ids.append(TokenID(high: highs[index], low: lows[index]))
        }
    }
}
