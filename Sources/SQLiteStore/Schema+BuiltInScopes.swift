extension Schema {
    /// The catalogue as a new database has it; these cannot be changed or deleted.
    static let builtInScopes: [(name: String, description: String)] = [
        ("keys:read", "List and show API keys"),
        ("keys:write", "Create, change, disable, enable and revoke API keys"),
        ("projects:read", "List and show projects"),
        ("projects:write", "Create, change and delete projects"),
        ("scopes:read", "List and show the catalogue of scopes"),
        ("scopes:write", "Create, change and delete scopes"),
        ("roles:read", "List and show roles"),
        ("roles:write", "Create, change and delete roles"),
        ("groups:read", "List and show groups"),
        ("groups:write", "Create, change and delete groups"),
        ("audiences:read", "List and show audiences"),
        ("audiences:write", "Create, change and delete audiences"),
        ("signing-keys:read", "List and show signing keys"),
        ("signing-keys:write", "Rotate and revoke signing keys"),
        ("audit:read", "Read the audit log"),
        ("usage:read", "Read usage figures"),
        ("backups:write", "Make and fetch backups of the database"),
        ("tokens:introspect", "Introspect tokens for the audiences of the key"),
        ("tokens:revoke", "Revoke tokens of the other keys of the project"),
    ]
}
