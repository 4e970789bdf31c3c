import AuthorizationServer
import Synchronization

/// One change on its way to the committer, and whoever waits for it.
protocol Mutation: Sendable {
    /// Makes the change within a savepoint that the committer has opened.
    ///
    /// - Throws: What the closure threw; the committer rolls the savepoint back, and keeps the error here.
    func apply(to transaction: StoreTransaction) throws

    /// Tells whoever waits: `fault` when the batch has failed, else what ``apply(to:)`` has come to.
    func settle(with fault: StoreUnavailable?)
}

/// A mutation made of a closure and the continuation of its caller, who cannot cancel it any more.
final class PendingMutation<Value: Sendable>: Mutation {
    private let body: @Sendable (StoreTransaction) throws -> Value
    private let continuation: CheckedContinuation<Value, any Error>
    private let outcome = Mutex<Result<Value, any Error>?>(nil)

    init(
        _ body: @escaping @Sendable (StoreTransaction) throws -> Value,
        continuation: CheckedContinuation<Value, any Error>
    ) {
        self.body = body
        self.continuation = continuation
    }

    func apply(to transaction: StoreTransaction) throws {
        let result = Result { try body(transaction) }
        outcome.withLock { $0 = result }
        _ = try result.get()
    }

    func settle(with fault: StoreUnavailable?) {
        let result: Result<Value, any Error>
        if let fault {
            result = .failure(fault)
        } else {
            result =
                outcome.withLock { $0 } ?? .failure(StoreUnavailable(reason: "a mutation was not applied"))
        }
        continuation.resume(with: result.mapError(StoreFault.meaning(of:)))
    }
}
