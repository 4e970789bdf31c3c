package import OAuth
package import Primitives

/// The body of `createKey`; what is `nil` gets its default.
package struct KeyCreation: Sendable {
    package var name: String
    package var description: String?
    /// An identifier or a name; the project named `default` when there is none.
    package var project: String?
    /// The key's identifier when there is none.
    package var subject: String?
    /// The project's `default_scopes` when there are none.
    package var scopes: [String]?
    /// By identifier or name; none when there are none.
    package var roles: [String]?
    /// By identifier or name; none when there are none.
    package var groups: [String]?
    package var audiences: [String]?
    /// `client_credentials` and token exchange when there are none.
    package var grantTypes: [GrantType]?
    package var claims: JSONObject?
    package var adminRole: String?
    /// Keys and projects whose tokens it may exchange, by identifier; none when there are none.
    package var mayExchange: [String]?
    package var allowedIPs: [String]?
    /// Origins; whoever sends another one or none is refused.
    package var allowedReferrers: [String]?
    package var accessTokenTTL: Int?
    package var rateLimit: RateLimit?
    package var quota: TokenQuota?
    package var expiresAt: NumericDate?

    package init(name: String) { self.name = name }

    /// - Throws: ``InvalidMessage`` with every mistake that can be seen without the database and the clock.
    package init(parsing value: JSONValue) throws(InvalidMessage) {
        var reader = try MemberReader(value, known: KeyFields.settable, readOnly: KeyFields.readOnly)
        let name = reader.required("name", FieldRules.name)
        description = reader.optional("description", FieldRules.description)
        project = reader.optional("project", KeyFields.project)
        subject = reader.optional("subject", FieldRules.subject)
        scopes = reader.optional("scopes", KeyFields.scopes)
        roles = reader.optional("roles", KeyFields.roles)
        groups = reader.optional("groups", KeyFields.groups)
        audiences = reader.optional("audiences", KeyFields.audiences)
        grantTypes = reader.optional("grant_types", KeyFields.grantTypes)
        claims = reader.optional("claims", FieldRules.object)
        adminRole = reader.optional("admin_role", KeyFields.adminRole)
        mayExchange = reader.optional("may_exchange", KeyFields.mayExchange)
        allowedIPs = reader.optional("allowed_ips", KeyFields.allowedIPs)
        allowedReferrers = reader.optional("allowed_referrers", KeyFields.allowedReferrers)
        accessTokenTTL = reader.optional("access_token_ttl", FieldRules.lifetime)
        rateLimit = reader.optional("rate_limit", LimitFields.rateLimit)
        quota = reader.optional("quota", LimitFields.quota)
        expiresAt = reader.optional("expires_at", FieldRules.dateTime)
        let mistakes = reader.mistakes + (claims.map(ClaimRules.mistakes(in:)) ?? [])
        guard let name, mistakes.isEmpty else { throw InvalidMessage(mistakes) }
        self.name = name
    }
}
