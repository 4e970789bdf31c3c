package import OAuth
package import Primitives

/// What the token path needs to know of API keys, read from wherever they are kept.
package protocol ClientStore: Sendable {
    /// The client one of whose secrets has this digest, in whatever state; `nil` when there is none.
    ///
    /// A key has two for a while after a rotation; what is said of the secret is of the one that was asked for.
    ///
    /// - Throws: ``StoreUnavailable`` when the store cannot be read.
    func client(withDigest digest: SHA256Digest) async throws(StoreUnavailable) -> ClientRecord?

    /// The client with this identifier, in whatever state; `nil` when there is none.
    ///
    /// - Throws: ``StoreUnavailable`` when the store cannot be read.
    func client(withID id: KeyID) async throws(StoreUnavailable) -> ClientRecord?

    /// How many tokens the key got on that day and after it, as far as that is written down: some seconds are not.
    ///
    /// - Throws: ``StoreUnavailable`` when the store cannot be read.
    func tokensIssued(to id: KeyID, since day: UsageDay) async throws(StoreUnavailable) -> Int64
}

extension ClientStore {
    /// For a store that counts nothing.
    package func tokensIssued(to id: KeyID, since day: UsageDay) async throws(StoreUnavailable) -> Int64 { 0 }
}

/// One API key as the token path sees it: its own row joined with its project and audiences.
package struct ClientRecord: Sendable {
    package var id: KeyID
    package var number = KeyNumber.unknown
    package var digest: SHA256Digest
    package var subject: String
    package var project: ProjectID
    /// Its own; those of its roles are in ``heldScopes`` too.
    package var scopes: [String]
    package var roles: [RoleGrant] = []
    /// Names.
    package var groups: [String] = []
    /// In the key's order, the first being the default.
    ///
    /// Empty: the project's first default audience only.
    package var audiences: [AudienceRecord]
    package var projectDefaultAudience: AudienceRecord?
    package var grantTypes: Set<GrantType>
    /// The key's own claims as one JSON object's members, without braces: `"a":1,"b":"x"`; or empty.
    package var claims: [UInt8]
    package var isDisabled: Bool
    /// Or this secret of it was revoked alone.
    package var isRevoked: Bool
    package var expiresAt: NumericDate?
    /// Seconds; the key's own, else its project's, else `nil` for the server's default.
    package var accessTokenLifetime: Int?
    package var allowedAddresses: AddressList?
    package var projectAllowedAddresses: AddressList?
    package var allowedReferrers: ReferrerList? = nil
    package var status: StatusReference?
    /// Keys and projects whose tokens it may exchange, by identifier.
    package var mayExchange: [String]
    package var rateLimit: RateLimit?
    package var quota: TokenQuota?

    /// When the secret of ``digest`` ends, because it is the one before the last rotation.
    package var secretExpiresAt: NumericDate?

    package init(
        id: KeyID,
        digest: SHA256Digest,
        subject: String,
        project: ProjectID,
        scopes: [String],
        audiences: [AudienceRecord],
        projectDefaultAudience: AudienceRecord?,
        grantTypes: Set<GrantType>,
        claims: [UInt8],
        isDisabled: Bool,
        isRevoked: Bool,
        expiresAt: NumericDate?,
        accessTokenLifetime: Int?,
        allowedAddresses: AddressList?,
        projectAllowedAddresses: AddressList?,
        status: StatusReference? = nil,
        mayExchange: [String] = [],
        secretExpiresAt: NumericDate? = nil,
        rateLimit: RateLimit? = nil,
        quota: TokenQuota? = nil
    ) {
        self.id = id
        self.digest = digest
        self.subject = subject
        self.project = project
        self.scopes = scopes
        self.audiences = audiences
        self.projectDefaultAudience = projectDefaultAudience
        self.grantTypes = grantTypes
        self.claims = claims
        self.isDisabled = isDisabled
        self.isRevoked = isRevoked
        self.expiresAt = expiresAt
        self.accessTokenLifetime = accessTokenLifetime
        self.allowedAddresses = allowedAddresses
        self.projectAllowedAddresses = projectAllowedAddresses
        self.status = status
        self.mayExchange = mayExchange
        self.secretExpiresAt = secretExpiresAt
        self.rateLimit = rateLimit
        self.quota = quota
    }
}

extension ClientRecord {
    /// What it holds: its own scopes, then those that its roles bring, none of them twice.
    package var heldScopes: [String] {
        guard !roles.isEmpty else { return scopes }
        var seen = Set(scopes.map(ByteString.init))
        return scopes + roles.flatMap(\.scopes).filter { seen.insert(ByteString($0)).inserted }
    }
}

/// What a role gives to the keys that have it.
package struct RoleGrant: Sendable, Hashable {
    /// As it stands in tokens.
    package var name: String
    package var scopes: [String]

    package init(name: String, scopes: [String]) {
        self.name = name
        self.scopes = scopes
    }
}

/// A resource server that tokens can be for: the value of `aud`, and how its tokens are to look.
package struct AudienceRecord: Sendable, Hashable {
    package var name: String
    /// The JOSE header `typ` of its tokens: `at+jwt` (RFC 9068 §2.1), or `JWT` for verifiers that insist.
    package var type: String
    /// The JWS algorithm of its tokens, `nil` for the server's default.
    package var algorithm: String?

    package init(name: String, type: String = "at+jwt", algorithm: String? = nil) {
        self.name = name
        self.type = type
        self.algorithm = algorithm
    }

    /// The audience of the admin API, which never stands beside another.
    package static let administration = "urn:tokenbooth:admin"
}
