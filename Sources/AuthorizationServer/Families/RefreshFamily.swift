package import OAuth

/// One refresh family: the row that stands for all its tokens (RFC 9700 §4.14.2).
package struct RefreshFamily: Sendable {
    package var id: FamilyID
    /// The key that opened it, and that alone may refresh it.
    package var client: KeyID
    /// What was granted at its opening; never changes.
    package var scope: [[UInt8]]
    /// At least one; never changes.
    package var audiences: [String]
    /// Of the refresh token that is good now.
    package var generation: UInt32
    /// When that one was issued.
    package var rotatedAt: NumericDate
    /// Where the request came from that made it so; `nil` for the first, and where that was not known.
    package var rotatedFrom: IPAddress?
    /// Moves with each refresh, never past ``absoluteExpiry``.
    package var idleExpiry: NumericDate
    /// Never moves.
    package var absoluteExpiry: NumericDate
    package var revokedAt: NumericDate?
    /// 16 random bytes that go into every tag.
    package var nonce: [UInt8]
    /// The first 8 bytes of the SHA-256 of the refresh secret that its tags are made with.
    package var secretID: [UInt8]
    package var status: StatusReference

    package init(
        id: FamilyID,
        client: KeyID,
        scope: [[UInt8]],
        audiences: [String],
        generation: UInt32,
        rotatedAt: NumericDate,
        rotatedFrom: IPAddress?,
        idleExpiry: NumericDate,
        absoluteExpiry: NumericDate,
        revokedAt: NumericDate?,
        nonce: [UInt8],
        secretID: [UInt8],
        status: StatusReference
    ) {
        self.id = id
        self.client = client
        self.scope = scope
        self.audiences = audiences
        self.generation = generation
        self.rotatedAt = rotatedAt
        self.rotatedFrom = rotatedFrom
        self.idleExpiry = idleExpiry
        self.absoluteExpiry = absoluteExpiry
        self.revokedAt = revokedAt
        self.nonce = nonce
        self.secretID = secretID
        self.status = status
    }

    /// From then on it is over, unless it is refreshed before.
    package var expiresAt: NumericDate { min(idleExpiry, absoluteExpiry) }

    /// What decides, together with its key's, whether its tokens are honoured.
    package var standing: GrantStanding { GrantStanding(isRevoked: revokedAt != nil, expiresAt: expiresAt) }
}

/// How long refresh families live, and how forgiving they are; in seconds.
package struct RefreshPolicy: Sendable, Equatable {
    package static let graceRange = 0...60
    /// Of ``idle`` and ``absolute``: a minute to a year.
    package static let lifetimeRange = 60...31_536_000
    package static let familiesRange = 1...10_000

    /// For how long the generation before the current one gets the identical successor: 0 (never) to 60, default 10.
    package var grace: Int
    /// Without a refresh: default 7 days, at most ``absolute``.
    package var idle: Int
    /// In all: default 30 days.
    package var absolute: Int
    /// Live families of one key, default 100; the next one ends the one idle longest.
    package var maximumFamilies: Int

    package init(grace: Int = 10, idle: Int = 604_800, absolute: Int = 2_592_000, maximumFamilies: Int = 100)
    {
        self.grace = grace
        self.idle = idle
        self.absolute = absolute
        self.maximumFamilies = maximumFamilies
    }
}
