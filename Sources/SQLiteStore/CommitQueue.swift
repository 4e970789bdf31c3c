import AuthorizationServer
import Dispatch
import Synchronization

/// The mutations that wait for the committer: many callers put in, one thread takes out.
final class CommitQueue: Sendable {
    private struct State {
        var waiting: [any Mutation] = []
        var isClosed = false
    }

    private let capacity: Int
    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)

    /// - Parameter capacity: Mutations; more are refused, so that memory and waiting stay bounded.
    init(capacity: Int) { self.capacity = capacity }

    /// - Returns: Why the mutation was not taken; its caller is to be told.
    func append(_ mutation: any Mutation) -> StoreUnavailable? {
        let refusal: StoreUnavailable? = state.withLock { state in
            guard !state.isClosed else { return StoreUnavailable(reason: "the store is closed") }
            guard state.waiting.count < capacity else {
                return StoreUnavailable(reason: "\(capacity) changes are waiting for the disk")
            }
            state.waiting.append(mutation)
            return nil
        }
        if refusal == nil { wake.signal() }
        return refusal
    }

    /// No more are taken; what waits is still handed out.
    func close() {
        state.withLock { $0.isClosed = true }
        wake.signal()
    }

    /// Waits for work.
    ///
    /// - Returns: The oldest mutations, at most `limit`; `nil` when the queue is closed and empty.
    func next(upTo limit: Int) -> [any Mutation]? {
        while true {
            let (batch, isClosed) = state.withLock { state in
                let batch = Array(state.waiting.prefix(limit))
                state.waiting.removeFirst(batch.count)
                return (batch, state.isClosed)
            }
            if !batch.isEmpty { return batch }
            if isClosed { return nil }
            // Signals of mutations that left in an earlier batch are worked off here, one empty look each.
            wake.wait()
        }
    }
}
