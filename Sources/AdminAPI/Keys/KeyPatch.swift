package import OAuth
package import Primitives

/// The body of `updateKey`: a merge patch (RFC 7396).
///
/// A member that is `null` goes back to what a key without it has: no description, no scopes, the standard
/// grant types, any address, no expiry, its identifier as subject. `claims`, `rate_limit` and `quota` are themselves patches of what
/// the key has.
package struct KeyPatch: Sendable {
    /// Cannot be taken away.
    package var name: String?
    package var description = Member<String>.absent
    /// An identifier or a name; cannot be taken away.
    package var project: String?
    package var subject = Member<String>.absent
    package var scopes = Member<[String]>.absent
    package var roles = Member<[String]>.absent
    package var groups = Member<[String]>.absent
    package var audiences = Member<[String]>.absent
    package var grantTypes = Member<[GrantType]>.absent
    package var claims = Member<JSONObject>.absent
    package var adminRole = Member<String>.absent
    package var mayExchange = Member<[String]>.absent
    package var allowedIPs = Member<[String]>.absent
    package var allowedReferrers = Member<[String]>.absent
    package var accessTokenTTL = Member<Int>.absent
    package var rateLimit = Member<JSONObject>.absent
    package var quota = Member<JSONObject>.absent
    package var expiresAt = Member<NumericDate>.absent

    /// The patch that changes nothing.
    package init() {}

    /// - Throws: ``InvalidMessage`` with every mistake that can be seen without the database and the clock.
    package init(parsing value: JSONValue) throws(InvalidMessage) {
        var reader = try MemberReader(value, known: KeyFields.settable, readOnly: KeyFields.readOnly)
        name = reader.lasting("name", FieldRules.name)
        description = reader.member("description", FieldRules.description)
        project = reader.lasting("project", KeyFields.project)
        subject = reader.member("subject", FieldRules.subject)
        scopes = reader.member("scopes", KeyFields.scopes)
        roles = reader.member("roles", KeyFields.roles)
        groups = reader.member("groups", KeyFields.groups)
        audiences = reader.member("audiences", KeyFields.audiences)
        grantTypes = reader.member("grant_types", KeyFields.grantTypes)
        claims = reader.member("claims", FieldRules.object)
        adminRole = reader.member("admin_role", KeyFields.adminRole)
        mayExchange = reader.member("may_exchange", KeyFields.mayExchange)
        allowedIPs = reader.member("allowed_ips", KeyFields.allowedIPs)
        allowedReferrers = reader.member("allowed_referrers", KeyFields.allowedReferrers)
        accessTokenTTL = reader.member("access_token_ttl", FieldRules.lifetime)
        rateLimit = reader.member("rate_limit", FieldRules.object)
        quota = reader.member("quota", FieldRules.object)
        expiresAt = reader.member("expires_at", FieldRules.dateTime)
        try reader.finish()
    }
}
