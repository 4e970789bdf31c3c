package import OAuth
package import Primitives
import Synchronization

/// The requests under way that must not be under way twice.
final class RequestDesk: Sendable {
    private struct State {
        var claims: Set<ClaimedKey> = []
        var isVerifying = false
    }

    private struct ClaimedKey: Hashable {
        let caller: KeyID
        let key: SHA256Digest
    }

    private let state = Mutex(State())

    /// - Throws: ``AdminRefusal/conflict(_:)`` while a request with this key is under way.
    func exclusively<Value>(_ claim: IdempotencyClaim, _ body: () async throws -> Value) async throws -> Value
    {
        let key = ClaimedKey(caller: claim.caller, key: claim.key)
        guard state.withLock({ $0.claims.insert(key).inserted }) else {
            throw AdminRefusal.conflict("a request with this Idempotency-Key is under way")
        }
        defer { _ = state.withLock { $0.claims.remove(key) } }
        return try await body()
    }

    /// - Throws: ``AdminRefusal/conflict(_:)`` while the trail is being checked: each takes a reader for long.
    func verifying<Value>(_ body: () async throws -> Value) async throws -> Value {
        let isFirst = state.withLock { state in
            defer { state.isVerifying = true }
            return !state.isVerifying
        }
        guard isFirst else { throw AdminRefusal.conflict("the audit trail is being verified already") }
        defer { state.withLock { $0.isVerifying = false } }
        return try await body()
    }
}

extension Administration {
    /// Whether this request was done before, what was answered, or doing it now: at most once within a day.
    ///
    /// - Parameters:
    ///   - body: Does it, with the claim in ``Administrator/request``; the rule keeps the answer.
    ///   - replay: Makes the answer of what was kept.
    /// - Throws: ``AdminRefusal/reusedIdempotencyKey`` for another request with the same key,
    ///   ``AdminRefusal/conflict(_:)`` while it is under way; what `body` throws; store failures.
    package func once<Value>(
        _ claim: IdempotencyClaim,
        _ operation: AdminOperation,
        by administrator: Administrator,
        at now: NumericDate,
        replay: (JSONValue?) -> Value,
        _ body: () async throws -> Value
    ) async throws -> Value {
        try await requests.exclusively(claim) {
            let kept = try await read(operation, by: administrator, at: now) { reader, _ in
                try reader.keptAnswer(to: claim, at: now)
            }
            guard let kept else { return try await body() }
            guard kept.fingerprint == claim.fingerprint else { throw AdminRefusal.reusedIdempotencyKey }
            guard kept.isComplete else {
                throw AdminRefusal.conflict(
                    "this was done before, but what it answered is lost: look at the result"
                )
            }
            return replay(kept.body)
        }
    }

    /// Completes the answer to a change that was made piece by piece.
    ///
    /// The change is durable already: a fault here only loses the answer to a repetition.
    func keep(_ body: JSONValue, for claim: IdempotencyClaim?, at now: NumericDate) async {
        guard let claim else { return }
        try? await store.write { writer in try writer.keep(body, isComplete: true, for: claim, at: now) }
    }
}
