/// How counters are spread over the time that there is to write them.
struct UsagePace {
    private let end: ContinuousClock.Instant
    private let pause: Duration
    private var start = ContinuousClock.now
    private var batches = 0

    /// Keys in one transaction: some hundred microseconds; and a few milliseconds, when there are very many.
    static let sizes = 64...256

    /// - Parameter time: When it is zero, there is no pause.
    init(within time: Duration) {
        end = .now + time
        pause = time == .zero ? .zero : .milliseconds(5)
    }

    /// From here on the time that a batch takes is measured.
    mutating func begin() {
        start = .now
        batches = 0
    }

    /// Keys of the next batch: more than the least of them only when the time would be over too soon.
    mutating func batch(of keys: Int) -> Int {
        defer { batches += 1 }
        let now = ContinuousClock.now
        guard pause > .zero, now < end else { return Self.sizes.upperBound }
        guard batches > 0 else { return Self.sizes.lowerBound }
        let left = (end - now) / ((now - start) / batches)
        let needed = Int(clamping: Int64((Double(keys) / max(1, left)).rounded(.up)))
        return min(max(needed, Self.sizes.lowerBound), Self.sizes.upperBound)
    }

    /// Cut short when the task is cancelled.
    func rest() async { if pause > .zero { try? await Task.sleep(for: pause) } }
}
