package import OAuth

/// What of an API key or a refresh family decides whether its tokens are honoured.
package struct GrantStanding: Sendable, Equatable {
    package var isRevoked: Bool
    /// A key's; no family has it.
    package var isDisabled: Bool
    /// `nil`: never.
    package var expiresAt: NumericDate?

    package init(isRevoked: Bool, isDisabled: Bool = false, expiresAt: NumericDate?) {
        self.isRevoked = isRevoked
        self.isDisabled = isDisabled
        self.expiresAt = expiresAt
    }

    fileprivate func hasEnded(at now: NumericDate) -> Bool {
        isRevoked || expiresAt.map { now >= $0 } ?? false
    }
}

extension StatusValue {
    /// The one rule of a grant's status: it is computed, never stored.
    ///
    /// So enabling a key never revives a family that was revoked by itself.
    ///
    /// - Parameter family: `nil` where the grant is the key itself.
    package init(key: GrantStanding, family: GrantStanding? = nil, at now: NumericDate) {
        if key.hasEnded(at: now) || family?.hasEnded(at: now) == true {
            self = .invalid
        } else {
            self = key.isDisabled ? .suspended : .valid
        }
    }
}
