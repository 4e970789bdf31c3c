import Primitives

/// What one route has to answer to each kind of caller.
struct AuthorizationRow: Sendable {
    /// In the order of ``Caller``.
    let statuses: [Int]
    var body: String?
    /// Makes what stands in the braces of the path, or its query.
    var target: (@Sendable (AuthorizationStage) throws -> String)?

    /// Nobody and applications do not come in, a key without the scope is told so.
    static func admin(
        owner: Int,
        other: Int,
        superAdmin: Int,
        body: String? = nil,
        of target: (@Sendable (AuthorizationStage) throws -> String)? = nil
    ) -> AuthorizationRow {
        AuthorizationRow(
            statuses: [401, owner, other, superAdmin, 403, 401],
            body: body,
            target: target
        )
    }

    /// The same to everybody.
    static func open(
        _ status: Int,
        body: String? = nil,
        of target: (@Sendable (AuthorizationStage) throws -> String)? = nil
    ) -> AuthorizationRow {
        AuthorizationRow(
            statuses: Array(repeating: status, count: Caller.allCases.count),
            body: body,
            target: target
        )
    }

    /// Whoever has a key at all.
    static func client(_ status: Int, body: String) -> AuthorizationRow {
        AuthorizationRow(statuses: [401, status, status, status, status, status], body: body)
    }

    /// - Parameter target: What stands in the braces, or the query.
    static func filled(_ path: String, _ target: String) -> String {
        guard !target.hasPrefix("?") else { return path + target }
        var path = path
        for name in ["{id}", "{name}", "{kid}"] { path = path.replacing(name, with: target) }
        return path
    }

    static let all = publicRows.merging(adminRows) { first, _ in first }

    private static let publicRows: [String: AuthorizationRow] = [
        "issueToken": client(200, body: "grant_type=client_credentials"),
        "revokeToken": client(200, body: "token=unknown"),
        "introspectToken": client(200, body: "token=unknown"),
        "getJWKS": open(200),
        "getJWKSWellKnown": open(200),
        "getAuthorizationServerMetadata": open(200),
        "getOpenIDConfiguration": open(200),
        "getStatusList": open(200) { try $0.statusList() },
        "listStatusLists": open(200),
        "getRevocationList": open(200),
        // Here an API key is a credential like a token; the root key is for the admin API alone.
        "forwardAuth": AuthorizationRow(statuses: [401, 200, 200, 401, 200, 200]) { _ in
            "?audience=\(Booth.audience)&allow_api_key=1"
        },
        // Off unless it is configured; a report is known by its signature alone.
        "reportLeaks": open(404, body: "[]"),
        "getLiveness": open(200),
        "getReadiness": open(200),
        "getStartup": open(200),
        "getOpenAPI": open(200),
        "getDocs": open(200),
        "getMetrics": open(200),
    ]

    /// Another one each time.
    static let uniqueName = "NAME"
    private static let newName = #"{"name":"\#(uniqueName)"}"#
    private static let endNow = #"{"previous_expires_at":"2026-01-01T00:00:00Z"}"#
    private static let newKey = #"{"name":"new","audiences":["\#(Booth.audience)"]}"#

    /// What is everybody's who has the scope and any `admin_role` is so for all three kinds of administrators.
    private static func shared(
        _ status: Int,
        body: String? = nil,
        of target: (@Sendable (AuthorizationStage) throws -> String)? = nil
    ) -> AuthorizationRow {
        admin(owner: status, other: status, superAdmin: status, body: body, of: target)
    }

    private static let adminRows: [String: AuthorizationRow] = [
        "listKeys": shared(200),
        "createKey": shared(201, body: newKey),
        "getKey": admin(owner: 200, other: 404, superAdmin: 200) { try $0.key() },
        "updateKey": admin(owner: 200, other: 404, superAdmin: 200, body: #"{"name":"b"}"#) { try $0.key() },
        "deleteKey": admin(owner: 204, other: 404, superAdmin: 204) { try $0.key() },
        "disableKey": admin(owner: 200, other: 404, superAdmin: 200) { try $0.key() },
        "enableKey": admin(owner: 200, other: 404, superAdmin: 200) { try $0.disabledKey() },
        "rotateKey": admin(owner: 200, other: 404, superAdmin: 200) { try $0.key() },
        // It was not rotated.
        "updateKeyRotation": admin(owner: 409, other: 404, superAdmin: 409, body: endNow) { try $0.key() },
        "lookupKey": shared(404, body: #"{"key":"tbk_0123456789ABCDEFGHIJabcdefghij3pQYh7"}"#),
        "exportKeys": admin(owner: 403, other: 403, superAdmin: 200),
        "importKeys": admin(owner: 403, other: 403, superAdmin: 200, body: #"{"id":"none"}"#),
        "listProjects": shared(200),
        "createProject": shared(201, body: newName),
        "getProject": shared(200) { try $0.project() },
        "updateProject": shared(200, body: #"{"access_token_ttl":60}"#) { try $0.project() },
        "deleteProject": shared(204) { try $0.project() },
        "listScopes": shared(200),
        "createScope": shared(201, body: newName),
        "getScope": shared(200) { try $0.scope() },
        "updateScope": shared(200, body: #"{"description":"d"}"#) { try $0.scope() },
        "deleteScope": shared(204) { try $0.scope() },
        "listRoles": shared(200),
        "createRole": shared(201, body: newName),
        "getRole": shared(200) { try $0.role() },
        "updateRole": shared(200, body: #"{"description":"d"}"#) { try $0.role() },
        "deleteRole": shared(204) { try $0.role() },
        "listGroups": shared(200),
        "createGroup": shared(201, body: newName),
        "getGroup": shared(200) { try $0.group() },
        "updateGroup": shared(200, body: #"{"description":"d"}"#) { try $0.group() },
        "deleteGroup": shared(204) { try $0.group() },
        "listAudiences": shared(200),
        "createAudience": shared(201, body: newName),
        "getAudience": shared(200) { try $0.audience() },
        "updateAudience": shared(200, body: #"{"typ":"JWT"}"#) { try $0.audience() },
        "deleteAudience": shared(204) { try $0.audience() },
        // Signing keys, backups and the whole audit trail are for super admins.
        "listSigningKeys": shared(200),
        "getSigningKey": admin(owner: 404, other: 404, superAdmin: 200) { try $0.signingKey() },
        // The next key may not sign yet, nor the active one go.
        "rotateSigningKeys": admin(owner: 403, other: 403, superAdmin: 409),
        "revokeSigningKey": admin(owner: 403, other: 403, superAdmin: 409) { try $0.signingKey() },
        "createBackup": admin(owner: 403, other: 403, superAdmin: 202),
        "getBackup": admin(owner: 403, other: 403, superAdmin: 200) { try $0.backup() },
        "readBackup": admin(owner: 403, other: 403, superAdmin: 200) { try $0.backup() },
        "deleteBackup": admin(owner: 403, other: 403, superAdmin: 204) { try $0.backup() },
        "listUsage": shared(200),
        "exportUsage": shared(200),
        "listAuditEvents": shared(200),
        "verifyAudit": admin(owner: 403, other: 403, superAdmin: 200),
    ]
}
