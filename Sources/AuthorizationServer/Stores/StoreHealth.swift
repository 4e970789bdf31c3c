import Synchronization

/// Whether changes become durable at present: what the last attempt has shown.
///
/// Told by whoever commits; anyone may ask, without waiting. One who must not answer from memory what the store
/// might contradict looks here first. While the service runs it writes the clock every ten seconds, so that a fault is
/// known soon even when nobody changes anything.
package final class StoreHealth: Sendable {
    private let failing = Atomic<Bool>(false)

    package init() {}

    /// The last attempt to commit has failed, and none has succeeded since.
    package var isFailing: Bool { failing.load(ordering: .acquiring) }

    package func report(isFailing: Bool) { failing.store(isFailing, ordering: .releasing) }
}
