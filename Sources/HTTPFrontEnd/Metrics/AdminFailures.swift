import Synchronization

/// Credentials that the admin API refused: it answers on no event loop, so no loop counts them.
final class AdminFailures: Sendable {
    private let refused = Atomic<UInt64>(0)
    private let limited = Atomic<UInt64>(0)

    /// - Parameter isLimited: Whether it was answered with 429.
    func count(isLimited: Bool) {
        refused.wrappingAdd(1, ordering: .relaxed)
        if isLimited { limited.wrappingAdd(1, ordering: .relaxed) }
    }

    func add(to metrics: inout LoopMetrics) {
        metrics.failedAuthentications += refused.load(ordering: .relaxed)
        metrics.limited[LimitName.failedAuthentications, default: 0] += limited.load(ordering: .relaxed)
    }
}
