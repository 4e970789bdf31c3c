import Primitives

/// The scopes that the product itself gives a meaning: in every catalogue, neither changed nor deleted.
package enum BuiltInScopes {
    package static let all: [ScopeRecord] =
        administration
        + [
            ScopeRecord(
                name: "tokens:introspect",
                description: "Ask about tokens for one's own audiences",
                isBuiltIn: true
            ),
            ScopeRecord(
                name: "tokens:revoke",
                description: "Revoke tokens of the other keys of one's project",
                isBuiltIn: true
            ),
        ]

    /// The scopes of the admin API: what the root key gets.
    package static let administration: [ScopeRecord] =
        [
            ("keys", "API keys"), ("projects", "projects"), ("scopes", "the catalogue of scopes"),
            ("roles", "roles"), ("groups", "groups"), ("audiences", "registered audiences"),
            ("signing-keys", "signing keys"),
        ].flatMap { name, words in
            [
                ScopeRecord(name: "\(name):read", description: "See \(words)", isBuiltIn: true),
                ScopeRecord(name: "\(name):write", description: "Change \(words)", isBuiltIn: true),
            ]
        } + [
            ScopeRecord(name: "audit:read", description: "See the audit trail", isBuiltIn: true),
            ScopeRecord(name: "usage:read", description: "See how much keys are used", isBuiltIn: true),
            ScopeRecord(name: "backups:write", description: "Make and fetch backups", isBuiltIn: true),
        ]

    package static func isAdministrative(_ scope: String) -> Bool {
        administration.contains { bytesEqual($0.name, scope) }
    }
}
