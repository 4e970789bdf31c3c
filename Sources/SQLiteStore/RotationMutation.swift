import AuthorizationServer
import OAuth
import Synchronization

/// Spending one refresh token: the one change that comes by the ten thousand a second.
///
/// What ``PendingMutation`` is for all others, without its closures, and nothing of it generic: what is, is looked up
/// anew by each change.
final class RotationMutation: Mutation {
    let carrier: (any AnswerCarrier)?
    private let rotation: Rotation
    private let replays: ReplayMemory
    private let done: @Sendable (CommitResult<Rotation.Outcome>) -> Void
    private let outcome = Mutex<Rotation.Outcome?>(nil)
    private let fault = Mutex<StoreUnavailable?>(nil)

    init(
        _ rotation: Rotation,
        _ replays: ReplayMemory,
        via carrier: (any AnswerCarrier)?,
        _ done: @escaping @Sendable (CommitResult<Rotation.Outcome>) -> Void
    ) {
        self.rotation = rotation
        self.replays = replays
        self.carrier = carrier
        self.done = done
    }

    var isOneStatement: Bool { true }

    func apply(to transaction: StoreTransaction) throws {
        do {
            let result = try transaction.rotate(rotation, replays)
            outcome.withLock { $0 = result }
        } catch {
            fault.withLock { $0 = StoreFault.unavailable(error) }
            throw error
        }
    }

    func settle(with batchFault: StoreUnavailable?) {
        if let fault = batchFault ?? fault.withLock({ $0 }) {
            // What is not on the disk was not reported.
            replays.forget(rotation.token.family, rotation.token.generation)
            return done(.failure(fault))
        }
        guard let outcome = outcome.withLock({ $0 }) else {
            return done(.failure(StoreUnavailable(reason: "a rotation was not applied")))
        }
        done(.success(outcome))
    }
}
