package import AuthorizationServer
package import OAuth
package import Primitives

/// What a key may do in the admin API, beyond its scopes; in no token.
package enum AdminRole: String, Sendable, CaseIterable {
    case superAdmin = "super_admin"
    case admin
}

/// One API key as administrators see it; of the secret only the digest and the hint.
package struct KeyRecord: Sendable {
    package var id: KeyID
    package var digest: SHA256Digest
    package var hint: String
    package var name: String
    package var description: String
    package var project: ProjectID
    /// The key that created it; `nil` for the root key.
    package var owner: KeyID?
    package var subject: String
    /// Its own; those of its roles are in ``heldScopes`` too.
    package var scopes: [String]
    package var roles: [RoleRecord] = []
    package var groups: [GroupRecord] = []
    package var audiences: [String]
    package var grantTypes: [GrantType]
    package var claims: JSONObject
    package var adminRole: AdminRole?
    /// Keys and projects whose tokens it may exchange, by identifier.
    package var mayExchange: [String]
    /// `nil`: from any address; empty: from none.
    package var allowedAddresses: [String]?
    /// Origins of pages; `nil`: nobody asks; empty: from none.
    package var allowedReferrers: [String]? = nil
    /// Seconds.
    package var accessTokenLifetime: Int?
    package var expiresAt: NumericDate?
    package var isDisabled: Bool
    package var revokedAt: NumericDate?
    package var createdAt: NumericDate
    /// The secret before ``digest``, which works until it ends.
    package var previousSecret: PreviousSecret?
    /// When the secret of ``digest`` was revoked alone, while the one before it still worked.
    package var secretRevokedAt: NumericDate?
    package var rateLimit: RateLimit?
    package var quota: TokenQuota?
    /// Nobody sets it here: it follows from what the key does.
    package var lastUsedAt: NumericDate?
    package var lastUsedFrom: IPAddress?

    package init(
        id: KeyID,
        digest: SHA256Digest,
        hint: String,
        name: String,
        description: String,
        project: ProjectID,
        owner: KeyID?,
        subject: String,
        scopes: [String],
        audiences: [String],
        grantTypes: [GrantType],
        claims: JSONObject,
        adminRole: AdminRole?,
        mayExchange: [String] = [],
        allowedAddresses: [String]?,
        accessTokenLifetime: Int?,
        expiresAt: NumericDate?,
        isDisabled: Bool,
        revokedAt: NumericDate?,
        createdAt: NumericDate,
        previousSecret: PreviousSecret? = nil,
        secretRevokedAt: NumericDate? = nil,
        rateLimit: RateLimit? = nil,
        quota: TokenQuota? = nil,
        lastUsedAt: NumericDate? = nil,
        lastUsedFrom: IPAddress? = nil
    ) {
        self.id = id
        self.digest = digest
        self.hint = hint
        self.name = name
        self.description = description
        self.project = project
        self.owner = owner
        self.subject = subject
        self.scopes = scopes
        self.audiences = audiences
        self.grantTypes = grantTypes
        self.claims = claims
        self.adminRole = adminRole
        self.mayExchange = mayExchange
        self.allowedAddresses = allowedAddresses
        self.accessTokenLifetime = accessTokenLifetime
        self.expiresAt = expiresAt
        self.isDisabled = isDisabled
        self.revokedAt = revokedAt
        self.createdAt = createdAt
        self.previousSecret = previousSecret
        self.secretRevokedAt = secretRevokedAt
        self.rateLimit = rateLimit
        self.quota = quota
        self.lastUsedAt = lastUsedAt
        self.lastUsedFrom = lastUsedFrom
    }

    /// What it holds: its own scopes, then those that its roles bring, none of them twice.
    package var heldScopes: [String] {
        guard !roles.isEmpty else { return scopes }
        var seen = Set(scopes.map(ByteString.init))
        return scopes + roles.flatMap(\.scopes).filter { seen.insert(ByteString($0)).inserted }
    }

    /// Computed, never stored twice: revoked before expired before disabled.
    package func status(at now: NumericDate) -> KeyStatus {
        if revokedAt != nil { return .revoked }
        if let expiresAt, now >= expiresAt { return .expired }
        return isDisabled ? .disabled : .active
    }
}

package enum KeyStatus: String, Sendable, CaseIterable {
    case active, disabled, expired, revoked
}

package struct ProjectRecord: Sendable {
    package var id: ProjectID
    package var name: String
    package var defaultAudiences: [String]
    package var defaultScopes: [String]
    package var accessTokenLifetime: Int?
    package var allowedAddresses: [String]?
    package var createdAt: NumericDate

    package init(
        id: ProjectID,
        name: String,
        defaultAudiences: [String],
        defaultScopes: [String],
        accessTokenLifetime: Int?,
        allowedAddresses: [String]?,
        createdAt: NumericDate
    ) {
        self.id = id
        self.name = name
        self.defaultAudiences = defaultAudiences
        self.defaultScopes = defaultScopes
        self.accessTokenLifetime = accessTokenLifetime
        self.allowedAddresses = allowedAddresses
        self.createdAt = createdAt
    }
}

/// One entry of the catalogue of scopes.
package struct ScopeRecord: Sendable {
    package var name: String
    package var description: String
    /// Part of the product: cannot be changed or deleted.
    package var isBuiltIn: Bool

    package init(name: String, description: String, isBuiltIn: Bool) {
        self.name = name
        self.description = description
        self.isBuiltIn = isBuiltIn
    }
}
