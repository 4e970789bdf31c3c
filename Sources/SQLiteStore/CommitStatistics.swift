/// What the committer has done since it started.
package struct CommitStatistics: Sendable {
    /// Transactions that are durable.
    package var commits = 0
    /// Mutations in them; those that were refused count too.
    package var mutations = 0
    /// Batches that failed as a whole.
    package var failures = 0
    /// How often the connections were replaced after a fault.
    package var reopenings = 0
    /// Seconds from the beginning of a transaction until it was durable.
    package var durations = Distribution(bounds: [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5,
    ])
    /// Mutations in one durable transaction; those that were refused, or had nothing to change, count too.
    package var batchSizes = Distribution(bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256])
}

/// How often values lay between some bounds.
package struct Distribution: Sendable {
    /// Upper ends, which belong to what is below them; ascending.
    package let bounds: [Double]
    /// One more than the bounds: the last is what lies beyond.
    package private(set) var counts: [UInt64]
    package private(set) var sum = 0.0

    package init(bounds: [Double]) {
        self.bounds = bounds
        counts = [UInt64](repeating: 0, count: bounds.count + 1)
    }

    package mutating func record(_ value: Double) {
        counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
        sum += value
    }
}
