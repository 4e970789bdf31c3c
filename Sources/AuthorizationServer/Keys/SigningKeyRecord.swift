package import OAuth

/// One signing key as the database knows it: its public half, its stage, and when each step was taken.
///
/// The private half is a file in the keys directory.
package struct SigningKeyRecord: Sendable, Equatable {
    /// The way of a key; it never goes back.
    package enum Stage: String, Sendable, CaseIterable {
        /// Published, and not signing yet.
        case pending
        case active
        /// Published, and not signing any more.
        case retired
        /// Gone. The row stays, so that a file that comes back from a backup is not taken for a new key.
        case removed
    }

    package var kid: String
    package var algorithm: String
    package var stage: Stage
    package var createdAt: NumericDate
    /// The public key as published (RFC 7517), so that it can be published when its file is lost.
    package var jwk: [UInt8]
    package var publishedAt: NumericDate
    /// From when on no verifier that honours the max-age holds a key set without it; fixed at its publication.
    package var usableAt: NumericDate
    package var activatedAt: NumericDate?
    /// Seconds: the longest life that any token may have that it has signed; `nil` when it has signed none.
    package var tokenLifetime: Int?
    package var retiredAt: NumericDate?
    /// Fixed when it retires.
    package var publishedUntil: NumericDate?
    package var removedAt: NumericDate?
    /// Removed before its time, by an administrator.
    package var isRevoked = false

    /// A key that is published from `publishedAt` on, which is when it was made if not said otherwise.
    package init(
        kid: String,
        algorithm: String,
        stage: Stage,
        createdAt: NumericDate,
        jwk: [UInt8] = [],
        publishedAt: NumericDate? = nil,
        usableAt: NumericDate? = nil
    ) {
        self.kid = kid
        self.algorithm = algorithm
        self.stage = stage
        self.createdAt = createdAt
        self.jwk = jwk
        self.publishedAt = publishedAt ?? createdAt
        self.usableAt = usableAt ?? publishedAt ?? createdAt
    }

    // MARK: Steps

    package func activated(at now: NumericDate, _ policy: SigningKeyPolicy) -> SigningKeyRecord {
        var record = self
        record.stage = .active
        record.activatedAt = now
        record.tokenLifetime = policy.tokenLifetime
        return record
    }

    package func retired(at now: NumericDate, _ policy: SigningKeyPolicy) -> SigningKeyRecord {
        var record = self
        record.stage = .retired
        record.retiredAt = now
        let longest = max(tokenLifetime ?? policy.tokenLifetime, policy.listLifetime)
        record.publishedUntil = now.advanced(by: Int64(longest + policy.margin))
        return record
    }

    package func removed(at now: NumericDate, isRevoked: Bool = false) -> SigningKeyRecord {
        var record = self
        record.stage = .removed
        record.removedAt = now
        record.isRevoked = isRevoked
        return record
    }

    /// When the last token that it may have signed expires; `nil` when it has signed none.
    package func lastTokenExpiry(at now: NumericDate) -> NumericDate? {
        guard activatedAt != nil, let tokenLifetime else { return nil }
        return (retiredAt ?? now).advanced(by: Int64(tokenLifetime))
    }
}
