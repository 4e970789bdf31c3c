import AuthorizationServer
import Synchronization

/// One change on its way to the committer, and whoever waits for it.
protocol Mutation: Sendable {
    /// It writes with one statement at most, which SQLite undoes by itself when it fails: no savepoint is needed.
    var isOneStatement: Bool { get }

    /// What takes its answer, with others of the batch, to where it is waited for; `nil`: told by the committer.
    var carrier: (any AnswerCarrier)? { get }

    /// Makes the change, within a savepoint that the committer has opened where one is needed.
    ///
    /// - Throws: What the closure threw; the committer rolls the savepoint back, and keeps the error here.
    func apply(to transaction: StoreTransaction) throws

    /// Tells whoever waits: `fault` when the batch has failed, else what ``apply(to:)`` has come to.
    func settle(with fault: StoreUnavailable?)
}

/// A mutation made of a closure, and of what to tell its caller, who cannot cancel it any more.
final class PendingMutation<Value: Sendable>: Mutation {
    let isOneStatement: Bool
    let carrier: (any AnswerCarrier)?
    private let body: @Sendable (StoreTransaction) throws -> Value
    private let done: @Sendable (Result<Value, any Error>) -> Void
    private let outcome = Mutex<Result<Value, any Error>?>(nil)

    /// - Parameter done: Called once: where the carrier takes it or on the committer's thread, or at once on the
    ///   caller's when it is not taken.
    init(
        isOneStatement: Bool = false,
        via carrier: (any AnswerCarrier)? = nil,
        _ body: @escaping @Sendable (StoreTransaction) throws -> Value,
        _ done: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        self.isOneStatement = isOneStatement
        self.carrier = carrier
        self.body = body
        self.done = done
    }

    func apply(to transaction: StoreTransaction) throws {
        let result = Result { try body(transaction) }
        outcome.withLock { $0 = result }
        _ = try result.get()
    }

    func settle(with fault: StoreUnavailable?) {
        if let fault { return done(.failure(fault)) }
        done(outcome.withLock { $0 } ?? .failure(StoreUnavailable(reason: "a mutation was not applied")))
    }
}
