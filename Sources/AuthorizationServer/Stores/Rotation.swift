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
    /// Where the request came from.
    package var address: IPAddress?
    package var now: NumericDate
    /// As the log knows the request; for the audit trail.
    package var requestID: [UInt8] = []

    package struct Outcome: Sendable {
        package var answer: RefreshAnswer
        /// What the log has to say of it besides.
        package var event: RefreshEvent?

        package init(_ answer: RefreshAnswer, event: RefreshEvent? = nil) {
            self.answer = answer
            self.event = event
        }
    }

    package init(
        token: RefreshToken,
        secret: RefreshSecret,
        client: Client,
        scope: Scope?,
        audiences: [[UInt8]],
        policy: RefreshPolicy,
        address: IPAddress?,
        now: NumericDate
    ) {
        self.token = token
        self.secret = secret
        self.client = client
        self.scope = scope
        self.audiences = audiences
        self.policy = policy
        self.address = address
        self.now = now
    }
}

/// What opening a family or spending a refresh token has come to.
package enum RefreshAnswer: Sendable {
    /// The refresh token that is good now, and what the access token beside it is to hold.
    case granted(RefreshToken, RefreshGrant)
    /// One wording for every cause; `detail` says to the log which it was.
    case refused(OAuthError)
}

/// What a family grants now: its scope and audience, cut to what was asked and what the key still holds.
package struct RefreshGrant: Sendable {
    package var family: FamilyID
    package var scope: [[UInt8]]
    /// At least one.
    package var audiences: [AudienceRecord]
    package var status: StatusReference
    /// When the family ends, unless it is refreshed: no access token of it lives longer.
    package var expiresAt: NumericDate

    package init(
        family: FamilyID,
        scope: [[UInt8]],
        audiences: [AudienceRecord],
        status: StatusReference,
        expiresAt: NumericDate
    ) {
        self.family = family
        self.scope = scope
        self.audiences = audiences
        self.status = status
        self.expiresAt = expiresAt
    }
}

/// What a refresh token has shown to be wrong (RFC 9700 §4.14.2): somebody should look.
package struct RefreshEvent: Sendable, Equatable {
    package enum Kind: String, Sendable {
        /// A spent token came back: somebody holds a copy.
        case reuse = "refresh_reuse"
        /// A token came twice within the grace, and from two addresses.
        case replay = "refresh_replayed"
        /// A token is younger than its family: the database went back in time.
        case rollback = "refresh_rollback"
    }

    package let kind: Kind
    package let family: FamilyID
    package let client: KeyID

    package init(_ kind: Kind, family: FamilyID, client: KeyID) {
        self.kind = kind
        self.family = family
        self.client = client
    }
}
