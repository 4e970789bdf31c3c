import Synchronization

/// How many requests with a large body one listener holds at a time: each is collected before anybody knows who
/// sends it.
final class LargeBodies: Sendable {
    /// Bytes; what is smaller needs no permit.
    static let threshold = 64 * 1024

    private let free: Atomic<Int>

    init(atMost count: Int = 4) { free = Atomic(count) }

    /// Held for as long as the request is.
    final class Permit: Sendable {
        private let bodies: LargeBodies

        fileprivate init(_ bodies: LargeBodies) { self.bodies = bodies }

        deinit { bodies.free.add(1, ordering: .relaxed) }
    }

    /// - Returns: `nil` when there are enough already.
    func permit() -> Permit? {
        guard free.subtract(1, ordering: .relaxed).newValue >= 0 else {
            free.add(1, ordering: .relaxed)
            return nil
        }
        return Permit(self)
    }
}
