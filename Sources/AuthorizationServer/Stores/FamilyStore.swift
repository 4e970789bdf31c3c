package import OAuth

/// What a durable change of the token path has come to; a fault has changed nothing.
package typealias CommitResult<Outcome: Sendable> = Result<Outcome, StoreUnavailable>

/// Where refresh families are kept.
///
/// Every change comes with a closure instead of being awaited, so that an event loop needs no Task. It is called
/// once, when the change is on the disk (`synchronous=FULL`): where the carrier takes it, or else on the thread that
/// commits; on the caller's and at once when no more changes are taken. It must be quick.
package protocol FamilyStore: Sendable {
    /// Opens a family, and ends the ones idle longest where its key would have too many.
    func open(
        _ opening: FamilyOpening,
        via carrier: (any AnswerCarrier)?,
        _ done: @escaping @Sendable (CommitResult<RefreshAnswer>) -> Void
    )

    /// Spends one refresh token: reads the row, asks ``RefreshTokenGrant``, and moves the generation.
    func rotate(
        _ rotation: Rotation,
        via carrier: (any AnswerCarrier)?,
        _ done: @escaping @Sendable (CommitResult<Rotation.Outcome>) -> Void
    )

    /// Ends a family with all its tokens (RFC 7009 §2.1).
    func revoke(
        _ revocation: FamilyRevocation,
        via carrier: (any AnswerCarrier)?,
        _ done: @escaping @Sendable (CommitResult<RevocationOutcome>) -> Void
    )

    /// A family as the last commit left it, and how its key stands.
    ///
    /// - Throws: ``StoreUnavailable``.
    func family(_ id: FamilyID) async throws(StoreUnavailable) -> (family: RefreshFamily, key: GrantStanding)?

    /// Forgets families that ended until `end`, at most `limit`, and fewer where that takes too long.
    ///
    /// - Returns: How many; 0 when none is left.
    /// - Throws: ``StoreUnavailable``.
    func forgetFamilies(endedUntil end: NumericDate, limit: Int) async throws(StoreUnavailable) -> Int
}

extension FamilyStore {
    package func open(
        _ opening: FamilyOpening,
        _ done: @escaping @Sendable (CommitResult<RefreshAnswer>) -> Void
    ) {
        open(opening, via: nil, done)
    }

    package func rotate(
        _ rotation: Rotation,
        _ done: @escaping @Sendable (CommitResult<Rotation.Outcome>) -> Void
    ) {
        rotate(rotation, via: nil, done)
    }

    package func revoke(
        _ revocation: FamilyRevocation,
        _ done: @escaping @Sendable (CommitResult<RevocationOutcome>) -> Void
    ) {
        revoke(revocation, via: nil, done)
    }
}

/// A family to be opened; the store adds its identifier, its nonce and its place in a status list.
package struct FamilyOpening: Sendable {
    /// The key that opens it, authenticated.
    package var client: Client
    package var scope: [[UInt8]]
    /// At least one.
    package var audiences: [AudienceRecord]
    package var secret: RefreshSecret
    package var policy: RefreshPolicy
    package var now: NumericDate

    package init(
        client: Client,
        scope: [[UInt8]],
        audiences: [AudienceRecord],
        secret: RefreshSecret,
        policy: RefreshPolicy,
        now: NumericDate
    ) {
        self.client = client
        self.scope = scope
        self.audiences = audiences
        self.secret = secret
        self.policy = policy
        self.now = now
    }
}

package struct FamilyRevocation: Sendable {
    package var token: RefreshToken
    package var secret: RefreshSecret
    package var right: RevocationRight
    package var now: NumericDate

    package init(token: RefreshToken, secret: RefreshSecret, right: RevocationRight, now: NumericDate) {
        self.token = token
        self.secret = secret
        self.right = right
        self.now = now
    }
}
