import AuthorizationServer
import OAuth
import Synchronization

/// The refreshes that were seen to come again from elsewhere, so that each is reported once.
///
/// In memory only, since a replay writes nothing: after a restart one may be reported twice.
final class ReplayMemory: Sendable {
    private struct Replay: Hashable {
        let family: FamilyID
        let generation: UInt32
    }

    private let seen = Mutex<Set<Replay>>([])
    /// Past it all are forgotten: the grace is a minute at most.
    private static let capacity = 4096

    func isFirst(_ family: FamilyID, _ generation: UInt32) -> Bool {
        seen.withLock { seen in
            if seen.count >= Self.capacity { seen.removeAll() }
            return seen.insert(Replay(family: family, generation: generation)).inserted
        }
    }

    func forget(_ family: FamilyID, _ generation: UInt32) {
        _ = seen.withLock { $0.remove(Replay(family: family, generation: generation)) }
    }
}
