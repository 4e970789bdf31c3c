import Testing

/// Many secrets, and how often each symbol stands at each place, alone and behind each other symbol.
struct ChanceSample {
    /// Symbols that there are.
    let alphabet: Int
    let places: Int
    private(set) var size = 0
    private var different: Set<[UInt8]>
    private var alone: [UInt32]
    private var pairs: [UInt32]

    init(places: Int, of alphabet: Int, capacity: Int) {
        self.places = places
        self.alphabet = alphabet
        different = Set(minimumCapacity: capacity)
        alone = [UInt32](repeating: 0, count: places * alphabet)
        // With less than five in each cell the sum is no χ².
        let isPaired = capacity >= 5 * alphabet * alphabet
        pairs = isPaired ? [UInt32](repeating: 0, count: (places - 1) * alphabet * alphabet) : []
    }

    /// - Parameter symbols: One for each place, each a number below that of all symbols.
    mutating func add(_ symbols: [UInt8]) {
        size += 1
        different.insert(symbols)
        var last = 0
        for (place, symbol) in symbols.enumerated() {
            let symbol = Int(symbol)
            alone[place * alphabet + symbol] += 1
            if place > 0, !pairs.isEmpty { pairs[((place - 1) * alphabet + last) * alphabet + symbol] += 1 }
            last = symbol
        }
    }

    /// None twice, every symbol alike at every place, and none of them told by the one before it.
    func expectChance(_ location: SourceLocation = #_sourceLocation) {
        #expect(different.count == size, sourceLocation: location)
        for (name, counts, cells) in [("alone", alone, alphabet), ("paired", pairs, alphabet * alphabet)] {
            let expected = Double(size) / Double(cells)
            // By chance a sum is beyond these once in ten million.
            let freedom = Double(cells - 1)
            let spread = (2 * freedom).squareRoot()
            for place in 0..<(counts.count / cells) {
                var sum = 0.0
                for count in counts[(place * cells)..<((place + 1) * cells)] {
                    let difference = Double(count) - expected
                    sum += difference * difference / expected
                }
                #expect(sum < freedom + 7.2 * spread, "\(name), at place \(place)", sourceLocation: location)
                #expect(sum > freedom - 5.5 * spread, "\(name), at place \(place)", sourceLocation: location)
            }
        }
    }
}
