import Primitives

/// The scopes that the product itself gives a meaning: in every catalogue, neither changed nor deleted.
///
/// What they say of themselves is in the database.
package enum BuiltInScopes {
    package static let all = administration + ["tokens:introspect", revocation]

    /// Reaches the tokens of every key of its holder's project.
    package static let revocation = "tokens:revoke"

    /// The scopes of the admin API: what the root key gets.
    package static let administration = [
        "keys:read", "keys:write", "projects:read", "projects:write", "scopes:read", "scopes:write",
        "roles:read", "roles:write", "groups:read", "groups:write", "audiences:read", "audiences:write",
        "signing-keys:read", "signing-keys:write", "audit:read", "usage:read", "backups:write",
    ]

    package static func isAdministrative(_ scope: String) -> Bool {
        administration.contains { bytesEqual($0, scope) }
    }

    static func isRevocation(_ scope: String) -> Bool { bytesEqual(scope, revocation) }
}
