/// For how long one mutation of an upkeep may hold the writer; what is left is for the next one.
struct WriterShare {
    /// With its commit, and a checkpoint now and then, less than the 10 ms that nobody who waits for the writer should
    /// notice.
    static let length = Duration.milliseconds(3)

    private let clock: () -> ContinuousClock.Instant
    private let end: ContinuousClock.Instant

    /// Begins now, by `clock`.
    init(_ clock: @escaping () -> ContinuousClock.Instant = { .now }) {
        self.clock = clock
        end = clock() + Self.length
    }

    /// Whether no further row is to be begun; the first one always is, or nothing would ever be done.
    var isOver: Bool { clock() >= end }
}
