package import OAuth
package import Primitives

/// Where revocations of single access tokens and of leaked keys are kept (RFC 7009).
///
/// Changes are answered as those of ``FamilyStore``.
package protocol DenialStore: Sendable {
    /// Denies one access token (RFC 7009 §2.1).
    func deny(
        _ denial: TokenDenial,
        via carrier: (any AnswerCarrier)?,
        _ done: @escaping @Sendable (CommitResult<RevocationOutcome>) -> Void
    )

    /// Revokes the secret with this digest, which is its own proof: of two that work it ends alone, else the API key
    /// is revoked.
    ///
    /// - Parameter source: Whoever presented it, for the audit trail.
    func revokeKey(
        _ digest: SHA256Digest,
        by source: AuditSource,
        at now: NumericDate,
        _ done: @escaping @Sendable (CommitResult<RevocationOutcome>) -> Void
    )

    /// Whether a token is denied, for as long as the ``Denylist`` is not loaded.
    ///
    /// - Throws: ``StoreUnavailable``.
    func isDenied(_ id: TokenID) async throws(StoreUnavailable) -> Bool

    /// How many tokens are denied, and what was forgotten.
    ///
    /// - Throws: ``StoreUnavailable``.
    func denials() async throws(StoreUnavailable) -> DenialSummary

    /// The next denied tokens in the order of their identifiers, at most `limit`.
    ///
    /// - Throws: ``StoreUnavailable``.
    func deniedTokens(after id: TokenID?, limit: Int) async throws(StoreUnavailable) -> [DeniedToken]

    /// Forgets tokens that need not be denied any more, at most `limit`, and fewer where that takes too long.
    ///
    /// - Returns: How many; 0 when none is left.
    /// - Throws: ``StoreUnavailable``.
    func forgetDeniedTokens(until now: NumericDate, limit: Int) async throws(StoreUnavailable) -> Int
}

extension DenialStore {
    package func deny(
        _ denial: TokenDenial,
        _ done: @escaping @Sendable (CommitResult<RevocationOutcome>) -> Void
    ) {
        deny(denial, via: nil, done)
    }
}

/// Whose a revocation must be: that key's own, or any key's of a project (RFC 7009 §2.1).
package struct RevocationRight: Sendable {
    package var client: KeyID
    /// Of a caller with the scope `tokens:revoke`: also the tokens of every key of this project.
    package var project: ProjectID?

    package init(client: KeyID, project: ProjectID?) {
        self.client = client
        self.project = project
    }

    /// - Parameter project: That the owner belongs to.
    package func covers(_ owner: KeyID, of project: ProjectID) -> Bool {
        owner == client || project == self.project
    }
}

/// How much there is to load, and what is gone.
package struct DenialSummary: Sendable {
    package var count: Int
    /// Every denial that ended until then is forgotten.
    package var forgottenUntil: NumericDate

    package init(count: Int, forgottenUntil: NumericDate) {
        self.count = count
        self.forgottenUntil = forgottenUntil
    }
}

/// How many single tokens may be denied at a time.
package enum DenialLimits {
    package static let ofKey = 1_000
    package static let inAll = 10_000_000
}

package struct TokenDenial: Sendable {
    package var token: DeniedToken
    /// `client_id` of the token.
    package var owner: KeyID
    package var right: RevocationRight
    package var now: NumericDate

    package init(token: DeniedToken, owner: KeyID, right: RevocationRight, now: NumericDate) {
        self.token = token
        self.owner = owner
        self.right = right
        self.now = now
    }
}

package enum RevocationOutcome: Sendable, Equatable {
    /// Revoked now or before, or unknown: the client's answer is 200 (RFC 7009 §2.2).
    case done
    /// It belongs to another: nothing was changed.
    case notYours
    /// Too many single tokens of this key are denied: revoke the family or the key.
    case tooManyOfKey
    /// Too many in all.
    case tooManyInAll
}
