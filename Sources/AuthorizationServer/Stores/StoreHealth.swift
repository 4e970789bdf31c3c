import Synchronization

/// Whether the store is failing: its last attempt to make something durable did not succeed.
///
/// While it serves it writes the clock every few seconds, so that this is known soon even when nobody changes
/// anything. Event loops may read it: what must fail closed need not wait for the store to find out (INT-09).
package final class StoreHealth: Sendable {
    private let failing = Atomic<Bool>(false)

    package init() {}

    /// One relaxed load.
    package var isFailing: Bool { failing.load(ordering: .relaxed) }

    /// The committer's word, after each batch.
    package func record(success: Bool) { failing.store(!success, ordering: .relaxed) }
}
