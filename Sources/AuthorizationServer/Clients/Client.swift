package import OAuth

/// An API key as the cache holds it: its name, its state, and the policy that it shares with others.
///
/// A class, though nothing of it ever changes: it passes through every step of a request, and a reference is one word
/// to hand on.
package final class Client: Sendable {
    package let id: KeyID
    /// `sub` of its tokens; `nil` when it is the key id, as it mostly is.
    package let subject: [UInt8]?
    package let policy: ClientPolicy
    package let expiresAt: NumericDate?
    /// When the secret that it was found by ends: a cached client needs no news of that.
    package let secretExpiresAt: NumericDate?
    package let isEnabled: Bool
    /// Where the status of its tokens stands; `nil` for a key that has no place in a list yet.
    package let status: StatusReference?
    /// `nil` for a key that may ask as often as it likes.
    package let limits: KeyLimits?

    package init(_ record: ClientRecord, policy: ClientPolicy, limits: KeyLimits? = nil) {
        id = record.id
        subject =
            record.subject.utf8.elementsEqual(record.id.description.utf8) ? nil : Array(record.subject.utf8)
        self.policy = policy
        self.limits = limits
        expiresAt = record.expiresAt
        secretExpiresAt = record.secretExpiresAt
        status = record.status
        isEnabled = !record.isDisabled && !record.isRevoked
    }
}
