/// What can be asked of the admin API, by `operationId`, and the scope that opens it.
package enum AdminOperation: String, Sendable, CaseIterable {
    case listKeys, createKey, getKey, updateKey, deleteKey, disableKey, enableKey
    case rotateKey, updateKeyRotation, lookupKey, exportKeys, importKeys
    case listProjects, createProject, getProject, updateProject, deleteProject
    case listScopes, createScope, getScope, updateScope, deleteScope
    case listRoles, createRole, getRole, updateRole, deleteRole
    case listGroups, createGroup, getGroup, updateGroup, deleteGroup
    case listAudiences, createAudience, getAudience, updateAudience, deleteAudience
    case listSigningKeys, getSigningKey, rotateSigningKeys, revokeSigningKey
    case listUsage, exportUsage
    case createBackup, getBackup, readBackup, deleteBackup
    case listAuditEvents, verifyAudit

    package var scope: String {
        switch self {
        case .listKeys, .getKey, .lookupKey, .exportKeys: "keys:read"
        case .createKey, .updateKey, .deleteKey, .disableKey, .enableKey: "keys:write"
        case .rotateKey, .updateKeyRotation, .importKeys: "keys:write"
        case .listProjects, .getProject: "projects:read"
        case .createProject, .updateProject, .deleteProject: "projects:write"
        case .listScopes, .getScope: "scopes:read"
        case .createScope, .updateScope, .deleteScope: "scopes:write"
        case .listRoles, .getRole: "roles:read"
        case .createRole, .updateRole, .deleteRole: "roles:write"
        case .listGroups, .getGroup: "groups:read"
        case .createGroup, .updateGroup, .deleteGroup: "groups:write"
        case .listAudiences, .getAudience: "audiences:read"
        case .createAudience, .updateAudience, .deleteAudience: "audiences:write"
        case .listSigningKeys, .getSigningKey: "signing-keys:read"
        case .rotateSigningKeys, .revokeSigningKey: "signing-keys:write"
        case .listUsage, .exportUsage: "usage:read"
        case .createBackup, .getBackup, .readBackup, .deleteBackup: "backups:write"
        case .listAuditEvents, .verifyAudit: "audit:read"
        }
    }

    /// Whether its answer is a resource with an entity-tag, for `If-Match`.
    package var answersWithTag: Bool {
        switch self {
        case .createKey, .getKey, .updateKey, .disableKey, .enableKey, .createProject, .getProject,
            .rotateKey, .updateKeyRotation, .lookupKey, .updateProject, .createRole, .getRole, .updateRole,
            .createGroup,
            .getGroup, .updateGroup, .createScope, .getScope, .updateScope, .createAudience, .getAudience,
            .updateAudience:
            true
        default: false
        }
    }
}
