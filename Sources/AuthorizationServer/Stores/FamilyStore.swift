package import OAuth

/// What a durable change of the token path has come to; a fault has changed nothing.
package typealias CommitResult<Outcome: Sendable> = Result<Outcome, StoreUnavailable>

/// Where refresh families are kept.
///
/// Every change comes with a closure instead of being awaited, so that an event loop needs no Task: it is called
/// once, on the thread that commits, after the change is on the disk (`synchronous=FULL`); it must be quick.
package protocol FamilyStore: Sendable {
    /// Opens a family, and ends the one idle longest where its key would have too many.
    func open(_ family: FamilyOpening, _ done: @escaping @Sendable (CommitResult<RefreshFamily>) -> Void)

    /// Spends one refresh token: reads the row, asks ``RefreshTokenGrant``, and moves the generation.
    func rotate(_ rotation: Rotation, _ done: @escaping @Sendable (CommitResult<Rotation.Outcome>) -> Void)

    /// Ends a family with all its tokens (RFC 7009 §2.1).
    func revoke(
        _ revocation: FamilyRevocation,
        _ done: @escaping @Sendable (CommitResult<RevocationOutcome>) -> Void
    )

    /// A family as the last commit left it.
    ///
    /// - Throws: ``StoreUnavailable``.
    func family(_ id: FamilyID) async throws(StoreUnavailable) -> RefreshFamily?
}

/// A family to be opened; the store adds its nonce and its place in a status list.
package struct FamilyOpening: Sendable {
    package var id: FamilyID
    package var client: KeyID
    package var scope: [[UInt8]]
    package var audiences: [String]
    package var secretID: [UInt8]
    package var policy: RefreshPolicy
    package var now: NumericDate

    package init(
        id: FamilyID,
        client: KeyID,
        scope: [[UInt8]],
        audiences: [String],
        secretID: [UInt8],
        policy: RefreshPolicy,
        now: NumericDate
    ) {
        self.id = id
        self.client = client
        self.scope = scope
        self.audiences = audiences
        self.secretID = secretID
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
