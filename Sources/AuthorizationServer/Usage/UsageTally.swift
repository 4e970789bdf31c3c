package import OAuth

/// The counters of one event loop since they were last taken: nothing is written for a request.
///
/// Only keys that exist are counted, so that a stranger cannot make it grow.
package struct UsageTally: Sendable {
    /// In the order of their first use, in pieces: an array that grows takes three times its room while it does.
    private var pieces: [[UsageEntry]] = []
    private var index: UsageIndex

    /// Entries of a piece, a power of two: 256 KiB, which go back to the kernel as soon as they are written.
    static let pieceSize = 4_096

    package init() { index = UsageIndex(expecting: 0) }

    /// Keys, each as often as there are days on which it was used.
    package var count: Int { index.count }

    /// A token was issued.
    package mutating func countToken(
        by grant: GrantType,
        to id: KeyID,
        _ number: KeyNumber = .unknown,
        from address: IPAddress?,
        at now: NumericDate
    ) {
        change(id, number, now) { usage in
            if grant == .refreshToken { usage.refreshes += 1 } else { usage.exchanges += 1 }
            usage.lastUsedAt = now
            usage.lastUsedFrom = address
        }
    }

    /// Another request of the key was answered.
    package mutating func countUse(
        of id: KeyID,
        _ number: KeyNumber = .unknown,
        from address: IPAddress?,
        at now: NumericDate
    ) {
        change(id, number, now) { usage in
            usage.lastUsedAt = now
            usage.lastUsedFrom = address
        }
    }

    package mutating func countDenial(
        _ reason: UsageDenial,
        of id: KeyID,
        _ number: KeyNumber = .unknown,
        at now: NumericDate
    ) {
        change(id, number, now) { $0.denials[reason, default: 0] += 1 }
    }

    private mutating func change(
        _ id: KeyID,
        _ number: KeyNumber,
        _ now: NumericDate,
        _ body: (inout KeyUsage) -> Void
    ) {
        let place = place(of: UsageEntry.Key(id: id, number: number, day: UsageDay(of: now)))
        body(&pieces[place / Self.pieceSize][place % Self.pieceSize].usage)
    }

    /// Where the entry of a key stands; it is made when there is none.
    private mutating func place(of key: UsageEntry.Key) -> Int {
        var place = index.firstPlace(of: key.id)
        while let number = index[place] {
            if pieces[number / Self.pieceSize][number % Self.pieceSize].key == key { return number }
            place = index.next(place)
        }
        if pieces.last.map({ $0.count == Self.pieceSize }) ?? true {
            pieces.append([])
            // The first one grows: mostly few keys are in use.
            if pieces.count > 1 { pieces[pieces.count - 1].reserveCapacity(Self.pieceSize) }
        }
        pieces[pieces.count - 1].append(UsageEntry(key: key, usage: KeyUsage()))
        index.append(at: place)
        if index.isFull { index.grow(pieces) }
        return index.count - 1
    }

    /// Hands over everything, and begins anew, with room for as many keys.
    package mutating func take() -> UsageTally {
        let taken = self
        self = UsageTally()
        index = UsageIndex(expecting: taken.index.count)
        return taken
    }

    /// Its entries, in no order.
    consuming func takePieces() -> [[UsageEntry]] { pieces }
}

/// Where a tally has the entry of a key: an open hash table of numbers, a sixteenth of the entries' own size.
private struct UsageIndex: Sendable {
    /// 0 for a free place, or one more than the number of an entry.
    private var places: [UInt32]
    private(set) var count = 0
    /// Multiply-shift hashing: with a random odd factor, so that identifiers cannot be made that meet.
    private let factor = UInt64.random(in: 0...UInt64.max) | 1
    private var shift: UInt64

    init(expecting count: Int) {
        let bits = Int.bitWidth - max(63, count + count / 2).leadingZeroBitCount
        places = Array(repeating: 0, count: 1 << bits)
        shift = UInt64(64 - bits)
    }

    /// Whether three quarters of the places are taken.
    var isFull: Bool { count >= places.count - places.count / 4 }

    /// Half of the identifier suffices: it is random, as long as nobody chooses it.
    func firstPlace(of id: KeyID) -> Int { Int(truncatingIfNeeded: (id.ulid.low &* factor) >> shift) }

    func next(_ place: Int) -> Int { (place + 1) & (places.count - 1) }

    /// The number of the entry there; `nil` for a free place.
    subscript(place: Int) -> Int? {
        let number = Int(places[place])
        return number == 0 ? nil : number - 1
    }

    /// Puts the number of one more entry there.
    mutating func append(at place: Int) {
        count += 1
        places[place] = UInt32(truncatingIfNeeded: count)
    }

    mutating func grow(_ pieces: [[UsageEntry]]) {
        shift -= 1
        places = Array(repeating: 0, count: places.count * 2)
        var number: UInt32 = 0
        for entry in pieces.joined() {
            number += 1
            var place = firstPlace(of: entry.key.id)
            while places[place] != 0 { place = next(place) }
            places[place] = number
        }
    }
}
