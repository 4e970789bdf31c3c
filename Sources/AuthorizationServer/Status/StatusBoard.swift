import Synchronization

/// The status of every grant, in memory; SQLite is the truth, and tells of each change before it is answered.
package final class StatusBoard: Sendable {
    private let values = Mutex<[StatusReference: StatusValue]>([:])

    package init() {}

    /// Never waits for the store.
    package func value(_ reference: StatusReference) -> StatusValue {
        values.withLock { $0[reference] ?? .valid }
    }

    package func set(_ reference: StatusReference, to value: StatusValue) {
        values.withLock { $0[reference] = value == .valid ? nil : value }
    }
}
