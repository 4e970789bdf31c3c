import Administration
import AuthorizationServer
import GRDB
import OAuth

// Whether a change of what keys share would act on keys that are not this admin's to change.
extension StoreTransaction {
    /// Of a key `k`, that it is not revoked, and neither the admin `?2` nor one that they may change.
    private static let isForeign = """
        k.revokedAt IS NULL AND (
            k.adminRole = 'super_admin'
            OR k.id <> ?2 AND k.owner IS NOT (SELECT number FROM apiKey WHERE id = ?2)
        )
        """

    /// Whether one of some keys is not this admin's to change.
    ///
    /// - Parameter keys: Where they come from, as `k`, and which they are; in it `?1` is `value`.
    private func isAnyForeign(
        _ keys: String,
        _ value: any DatabaseValueConvertible,
        to admin: KeyID
    ) throws -> Bool {
        try holds(
            "SELECT EXISTS (SELECT 1 FROM \(keys) AND \(Self.isForeign))",
            [value, admin.ulid.stored]
        )
    }

    package func isRoleInUse(_ id: RoleID, besidesKeysOf admin: KeyID) throws -> Bool {
        try isAnyForeign(
            "policyRole p CROSS JOIN apiKey k ON k.policy = p.policy WHERE p.role = ?1",
            id.ulid.stored,
            to: admin
        )
    }

    package func isAudienceInUse(_ name: String, besidesKeysOf admin: KeyID) throws -> Bool {
        let named = """
            policyAudience a CROSS JOIN apiKey k ON k.policy = a.policy WHERE a.audience = ?1
            """
        let inherited = """
            policyAudience a
            CROSS JOIN project j ON j.policy = a.policy CROSS JOIN apiKey k ON k.project = j.number
            WHERE a.audience = ?1 AND a.position = 0
            AND NOT EXISTS (SELECT 1 FROM policyAudience own WHERE own.policy = k.policy)
            """
        return try isAnyForeign(named, name, to: admin) || isAnyForeign(inherited, name, to: admin)
    }

    package func isProjectInUse(_ id: ProjectID, besidesKeysOf admin: KeyID) throws -> Bool {
        try isAnyForeign(
            "project j CROSS JOIN apiKey k ON k.project = j.number WHERE j.id = ?1",
            id.ulid.stored,
            to: admin
        )
    }

    package func countSuperAdmins(heldTo project: ProjectID) throws -> Int {
        guard let number = try optionalNumber(ofProject: project) else { return 0 }
        // By the few administrators, not by the many keys of a project.
        return try count(
            """
            SELECT count(*) FROM apiKey WHERE adminRole = 'super_admin' AND revokedAt IS NULL
            AND owner IS NOT NULL AND +project = ?
            """,
            [number]
        )
    }
}
