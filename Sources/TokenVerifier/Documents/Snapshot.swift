import Primitives
import Synchronization

/// Everything that is known at one moment; it never changes.
struct Snapshot: Sendable {
    var keySet: KeySet
    var statusLists: [ByteString: StatusListCopy] = [:]
    var revocations: RevocationCopy?

    init(keySet: KeySet) { self.keySet = keySet }
}

/// The snapshot of now: many read it, ``Follower`` replaces it.
final class SharedSnapshot: Sendable {
    private let snapshot: Mutex<Snapshot>

    init(_ snapshot: Snapshot) { self.snapshot = Mutex(snapshot) }

    /// The lock is held while references are counted, never while a token is judged.
    var current: Snapshot { snapshot.withLock { $0 } }

    func update(_ change: (inout Snapshot) -> Void) { snapshot.withLock { change(&$0) } }
}
