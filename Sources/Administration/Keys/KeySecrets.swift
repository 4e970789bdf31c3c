import AdminAPI
import AuthorizationServer
package import OAuth
package import Primitives

/// The secret that a key had before its last rotation.
package struct PreviousSecret: Sendable, Equatable {
    package var digest: SHA256Digest
    package var hint: String
    /// From then on it is refused, without any write.
    package var expiresAt: NumericDate

    package init(digest: SHA256Digest, hint: String, expiresAt: NumericDate) {
        self.digest = digest
        self.hint = hint
        self.expiresAt = expiresAt
    }
}

/// Which secrets of a key work, and what a rotation and a revocation make of them.
///
/// A secret that was ended by somebody goes from the record at once, or is marked: no clock that goes back revives
/// it. One whose overlap runs out is judged by the clock, as the expiry of a key is.
extension KeyRecord {
    /// The secret before the current one, while it works.
    package func overlap(at now: NumericDate) -> PreviousSecret? {
        previousSecret.flatMap { now < $0.expiresAt ? $0 : nil }
    }

    /// Whether `digest` is that of a secret which is the key's at `now`, in whatever state the key is.
    package func hasSecret(_ digest: SHA256Digest, at now: NumericDate) -> Bool {
        if digest == self.digest { return secretRevokedAt == nil }
        return overlap(at: now)?.digest == digest
    }

    func rotation(at now: NumericDate) -> RotationMessage? {
        let overlap = overlap(at: now)
        guard overlap != nil || secretRevokedAt != nil else { return nil }
        return RotationMessage(
            previousExpiresAt: overlap?.expiresAt,
            previousHint: overlap?.hint,
            currentRevokedAt: secretRevokedAt
        )
    }

    /// The key with another secret, and the one that works now beside it for `grace` seconds.
    ///
    /// Of two that work the older one ends. Where only that one worked, because the other was revoked alone, it is
    /// the one that goes on, never longer than it was to.
    func rotated(to secret: APIKey, grace: Int, at now: NumericDate) -> KeyRecord {
        let end = now.advanced(by: Int64(grace))
        var key = self
        var last =
            secretRevokedAt == nil
            ? PreviousSecret(digest: digest, hint: hint, expiresAt: end) : overlap(at: now)
        if let planned = last?.expiresAt { last?.expiresAt = min(planned, end) }
        key.previousSecret = grace > 0 ? last : nil
        key.digest = secret.digest
        key.hint = secret.hint
        key.secretRevokedAt = nil
        return key
    }

    /// What becomes of the key when somebody proves that a secret of it is in the wrong hands (RFC 7009 §2.1).
    ///
    /// Of two that work it ends alone; the last one that works takes the key with it.
    ///
    /// - Returns: `nil` when nothing changes: the secret has ended before.
    package func revoking(_ digest: SHA256Digest, at now: NumericDate) -> KeyRecord? {
        guard revokedAt == nil, hasSecret(digest, at: now) else { return nil }
        var key = self
        if digest == self.digest {
            if overlap(at: now) == nil { key.revokedAt = now } else { key.secretRevokedAt = now }
        } else {
            key.previousSecret = nil
            if secretRevokedAt != nil { key.revokedAt = now }
        }
        return key
    }
}
