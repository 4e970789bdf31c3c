import Primitives
import Synchronization

/// One part of the ``ClientDirectory``, behind a lock of its own.
final class ClientShard: Sendable {
    private struct State {
        /// By the first word of the digest, which takes less than half of the room; the client has the rest.
        ///
        /// Two with the same word, which nobody can make, would take turns.
        var clients: [UInt64: Client] = [:]
        var unknown: Set<SHA256Digest> = []
        /// Rises with every change, so that a load can tell whether it was overtaken.
        var generation: UInt64 = 0
    }

    private let state = Mutex(State())
    private let capacity: Int

    /// Strangers' keys remembered per shard: they are not worth more memory.
    private static let unknownCapacity = 512

    init(capacity: Int) { self.capacity = capacity }

    var generation: UInt64 { state.withLock { $0.generation } }
    var count: Int { state.withLock { $0.clients.count } }

    func find(_ digest: SHA256Digest) -> ClientDirectory.Lookup {
        state.withLock { state in
            if let client = state.clients[digest.head], client.digestTail == digest.tail {
                return .known(client)
            }
            return state.unknown.contains(digest) ? .unknown : .notCached
        }
    }

    func keep(_ client: Client?, for digest: SHA256Digest, ifStill generation: UInt64) {
        state.withLock { state in
            guard state.generation == generation else { return }
            if let client {
                if state.clients.count >= capacity { Self.makeRoom(&state.clients) }
                state.clients[digest.head] = client
            } else {
                if state.unknown.count >= Self.unknownCapacity {
                    state.unknown.removeAll(keepingCapacity: true)
                }
                state.unknown.insert(digest)
            }
        }
    }

    func forget(_ digest: SHA256Digest) {
        state.withLock { state in
            state.generation &+= 1
            state.clients[digest.head] = nil
            state.unknown.remove(digest)
        }
    }

    func forgetAll() {
        state.withLock { state in
            state.generation &+= 1
            state.clients.removeAll()
            state.unknown.removeAll()
        }
    }

    /// Drops an eighth, in the order of the hash table: which ones is as good as random, and the cost is
    /// spread over the insertions that it makes room for.
    private static func makeRoom(_ clients: inout [UInt64: Client]) {
        for head in clients.keys.prefix(max(1, clients.count / 8)) { clients[head] = nil }
    }
}
