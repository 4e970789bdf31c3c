package import OAuth

/// Spending one refresh token: a change that the committer makes under the write lock (RFC 6749 §6).
///
/// Everything that can refuse it is judged there, before the generation moves: a refresh that asks for too wide
/// a scope spends nothing.
package struct Rotation: Sendable {
    package var token: RefreshToken
    package var secret: RefreshSecret
    /// Who presents it, authenticated.
    package var client: Client
    /// `nil`: all of the family's.
    package var scope: Scope?
    /// Empty: all of the family's.
    package var audiences: [[UInt8]]
    package var policy: RefreshPolicy
    package var now: NumericDate

    package enum Outcome: Sendable {
        /// The refresh token that takes the presented one's place, and what the access token is to hold.
        case successor(RefreshToken, RefreshGrant)
        /// One wording for every cause; `detail` says to the log which it was.
        case refused(OAuthError)
    }

    package init(
        token: RefreshToken,
        secret: RefreshSecret,
        client: Client,
        scope: Scope?,
        audiences: [[UInt8]],
        policy: RefreshPolicy,
        now: NumericDate
    ) {
        self.token = token
        self.secret = secret
        self.client = client
        self.scope = scope
        self.audiences = audiences
        self.policy = policy
        self.now = now
    }
}

/// What a refresh was granted: the family's scope and audience, cut to what was asked and what the key holds now.
package struct RefreshGrant: Sendable {
    package var family: FamilyID
    package var scope: [[UInt8]]
    package var audiences: [String]
    package var status: StatusReference

    package init(family: FamilyID, scope: [[UInt8]], audiences: [String], status: StatusReference) {
        self.family = family
        self.scope = scope
        self.audiences = audiences
        self.status = status
    }
}
