import AuthorizationServer
import Dispatch
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

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
        let (refusal, isFirst): (StoreUnavailable?, Bool) = state.withLock { state in
            guard !state.isClosed else { return (StoreUnavailable(reason: "the store is closed"), false) }
            guard state.waiting.count < capacity else {
                return (StoreUnavailable(reason: "\(capacity) changes are waiting for the disk"), false)
            }
            state.waiting.append(mutation)
            return (nil, state.waiting.count == 1)
        }
        // Where others wait the committer does not.
        if isFirst { wake.signal() }
        return refusal
    }

    /// No more are taken; what waits is still handed out.
    func close() {
        state.withLock { $0.isClosed = true }
        wake.signal()
    }

    /// Waits for work, and then for company.
    ///
    /// - Parameters:
    ///   - limit: Mutations that are handed out together, at most.
    ///   - company: Mutations that are waited for once there is one; more than `limit` is `limit`.
    ///   - patience: How long they are waited for.
    /// - Returns: The oldest mutations, at most `limit`; `nil` when the queue is closed and empty.
    func next(upTo limit: Int, company: Int = 1, patience: Duration = .zero) -> [any Mutation]? {
        var end: ContinuousClock.Instant?
        while true {
            let isLate = end.map { ContinuousClock.now >= $0 } ?? false
            let (batch, isBegun, isClosed) = state.withLock { state in
                let isEnough = isLate || state.isClosed || state.waiting.count >= min(company, limit)
                let batch = isEnough ? Array(state.waiting.prefix(limit)) : []
                state.waiting.removeFirst(batch.count)
                return (batch, !state.waiting.isEmpty, state.isClosed)
            }
            if !batch.isEmpty { return batch }
            if isClosed { return nil }
            guard isBegun else {
                // A signal of one that left in an earlier batch costs one look more.
                wake.wait()
                continue
            }
            if end == nil { end = .now + patience }
            // Not woken by each that comes: that would cost its event loop more than it costs here to look again.
            usleep(Self.look)
        }
    }

    /// Microseconds.
    private static let look: UInt32 = 200
}
