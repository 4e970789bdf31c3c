package import AuthorizationServer
package import OAuth
import Primitives

/// The signing keys at work: their files, their rows and what the event loops sign with, changed together.
///
/// Whoever may ask for a change is judged by `permit`: at once, before a key is made, and again in the transaction
/// that changes the rows. What it throws comes out, and then no key has changed its stage.
package protocol SigningKeyDesk: Sendable {
    typealias Permit = @Sendable (any AdminReader) throws -> Void

    /// As it is in force now.
    func policy() async -> SigningKeyPolicy

    /// The successors of these algorithms sign, and the next ones are published ahead; all or none.
    ///
    /// - Throws: `SigningKeyGate` while a successor may not sign yet; ``SigningKeyFault``; `StoreUnavailable`
    ///   also when a key file could not be written.
    func rotate(_ algorithms: [String], by order: SigningKeyOrder, permit: @escaping Permit) async throws

    /// Takes a key away; tokens that it has signed are not honoured here any more when this returns.
    ///
    /// - Returns: `nil` when there is no such key.
    /// - Throws: As ``rotate(_:by:permit:)``.
    func revoke(
        _ kid: String,
        isForced: Bool,
        by order: SigningKeyOrder,
        permit: @escaping Permit
    ) async throws -> SigningKeySchedule.Revocation?
}

/// A key that was to sign did not stand its test, and does not sign.
package struct SigningKeyFault: Error, Sendable {
    package let kid: String

    package init(kid: String) { self.kid = kid }
}

/// Who has signing keys changed, and what is written besides in the transaction that changes them.
package struct SigningKeyOrder: Sendable {
    package var source: AuditSource
    private let claim: IdempotencyClaim?

    package init(_ source: AuditSource, claim: IdempotencyClaim? = nil) {
        self.source = source
        self.claim = claim
    }

    /// The schedule's own.
    package static let system = SigningKeyOrder(.system)

    init(_ administrator: Administrator) {
        let request = administrator.request
        self.init(
            AuditSource(administrator.id, address: request.address, requestID: request.requestID),
            claim: request.claim
        )
    }

    /// Marks the request as done; its answer follows in a transaction of its own.
    package func conclude(in writer: any AdminWriter, at now: NumericDate) throws {
        if let claim { try writer.keep(nil, isComplete: false, for: claim, at: now) }
    }

    /// The event of a key that has got into another stage.
    package func event(of key: SigningKeyRecord, at now: NumericDate) -> AuditEvent {
        let action =
            switch key.stage {
            case .pending: "publish_signing_key"
            case .active: "activate_signing_key"
            case .retired: "retire_signing_key"
            case .removed: key.isRevoked ? "revoke_signing_key" : "remove_signing_key"
            }
        return AuditEvent(
            action,
            on: key.auditTarget,
            by: source,
            changes: JSONObject([
                ("alg", .string(key.algorithm)), ("stage", .string(key.stage.rawValue)),
            ]),
            at: now
        )
    }
}
