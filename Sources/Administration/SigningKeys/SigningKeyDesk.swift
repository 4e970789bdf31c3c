package import AuthorizationServer

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
    func rotate(_ algorithms: [String], permit: @escaping Permit) async throws

    /// Takes a key away; tokens that it has signed are not honoured here any more when this returns.
    ///
    /// - Returns: `nil` when there is no such key.
    /// - Throws: As ``rotate(_:permit:)``.
    func revoke(
        _ kid: String,
        isForced: Bool,
        permit: @escaping Permit
    ) async throws -> SigningKeySchedule.Revocation?
}

/// A key that was to sign did not stand its test, and does not sign.
package struct SigningKeyFault: Error, Sendable {
    package let kid: String

    package init(kid: String) { self.kid = kid }
}
