/// What keys did since the last call, of all event loops, on its way to the store.
///
/// It stays in the pieces that the loops counted in; a batch takes the least entries of all of them. All keys of an
/// installation may be in it: put into one array and sorted there, they had taken several times the room.
package struct UsageHarvest: Sendable {
    /// Each against the order of the rows, for what is taken is taken from the end, and none of them empty.
    private var runs: [[UsageEntry]] = []
    private var unsorted: [[UsageEntry]] = []
    /// Entries; those of a key that several loops have counted are several.
    package private(set) var count = 0

    package init() {}

    package var isEmpty: Bool { count == 0 }

    package mutating func add(_ tally: consuming UsageTally) {
        for piece in tally.takePieces() { add(piece) }
    }

    package mutating func add(_ entries: [UsageEntry]) {
        guard !entries.isEmpty else { return }
        unsorted.append(entries)
        count += entries.count
    }

    package mutating func add(_ other: consuming UsageHarvest) {
        runs += other.runs
        unsorted += other.unsorted
        count += other.count
    }

    /// Sorts one piece: about a millisecond, so that it can be done by and by.
    ///
    /// - Returns: Whether there was one to sort.
    package mutating func sortOne() -> Bool {
        guard var piece = unsorted.popLast() else { return false }
        piece.sort { $1.key < $0.key }
        runs.append(piece)
        return true
    }

    /// Makes one entry for each key and day: for what cannot be written and would grow for ever.
    package mutating func settle() {
        var settled = (runs + unsorted).joined().sorted { $1.key < $0.key }
        (runs, unsorted) = ([], [])
        var last = 0
        for index in settled.indices.dropFirst() {
            if settled[index].key == settled[last].key {
                settled[last].usage.add(settled[index].usage)
            } else {
                last += 1
                if last != index { settled[last] = settled[index] }
            }
        }
        settled.removeLast(max(0, settled.count - last - 1))
        count = settled.count
        if !settled.isEmpty { runs = [settled] }
    }

    /// Hands over the first of its entries in the order of the rows, of `limit` keys.
    ///
    /// So a batch touches few pages. Upwards, for that is how SQLite fills pages to their end and the kernel reads ahead.
    package mutating func takeFirst(_ limit: Int) -> [UsageEntry] {
        while sortOne() {}
        var taken: [UsageEntry] = []
        taken.reserveCapacity(min(limit, count))
        while let least = leastRun() {
            if let last = taken.last, last.key == firstKey(ofRun: least) {
                taken[taken.count - 1].usage.add(runs[least].removeLast().usage)
            } else if taken.count < limit {
                taken.append(runs[least].removeLast())
            } else {
                break
            }
            count -= 1
            if runs[least].isEmpty {
                runs.swapAt(least, runs.count - 1)
                runs.removeLast()
            }
        }
        return taken
    }

    /// The run with the least key: they are a few dozen, with a hundred thousand keys.
    private func leastRun() -> Int? {
        guard !runs.isEmpty else { return nil }
        var least = 0
        for index in runs.indices.dropFirst() {
            if firstKey(ofRun: index) < firstKey(ofRun: least) { least = index }
        }
        return least
    }

    private func firstKey(ofRun index: Int) -> UsageEntry.Key { runs[index][runs[index].count - 1].key }
}
