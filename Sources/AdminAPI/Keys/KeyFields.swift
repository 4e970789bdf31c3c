import OAuth
import Primitives

/// The members of a key, and what each may hold, for creation and patch alike.
enum KeyFields {
    static let settable = [
        "name", "description", "project", "subject", "scopes", "audiences", "grant_types", "claims",
        "admin_role", "may_exchange", "roles", "groups", "allowed_referrers",
        "allowed_ips", "access_token_ttl", "rate_limit", "quota", "expires_at",
    ]
    static let readOnly = [
        "id", "owner", "hint", "status", "created_at", "last_used_at", "last_used_ip", "key", "rotation",
    ]

    static let scopes = FieldRules.strings(FieldRules.scopeName)
    /// Identifiers or names, which nobody can take for one another.
    static let roles = FieldRules.strings(FieldRules.scopeName)
    static let groups = FieldRules.strings(FieldRules.scopeName)
    static let audiences = FieldRules.strings(FieldRules.audienceName)
    static let grantTypes = FieldRules.list(FieldRules.grantType) { $0.rawValue }
    static let mayExchange = FieldRules.strings(FieldRules.keyOrProject)
    static let adminRole = FieldRules.one(of: ["super_admin", "admin"])
    /// Text only: whether it is a range is for whoever knows addresses to say.
    static let allowedIPs = FieldRules.strings(FieldRules.text(from: 1, to: 64))
    /// Text only, likewise.
    static let allowedReferrers = FieldRules.strings(FieldRules.text(from: 1, to: 300))
    /// An identifier or a name.
    static let project = FieldRules.text(from: 1, to: 128)
}
