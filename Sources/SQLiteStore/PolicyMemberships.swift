import Administration
import AuthorizationServer
import Foundation
import GRDB
import OAuth

/// The roles and groups of a policy, for the token path: asked for only where there are any.
struct PolicyMemberships {
    private let policy: Int64
    private let hasRoles: Bool
    private let hasGroups: Bool

    /// - Parameter column: Of the policy's number; the counts of roles and groups follow.
    init(_ row: StoredRow, at column: Int) throws {
        policy = try row.integer(column)
        hasRoles = try row.integer(column + 1) > 0
        hasGroups = try row.integer(column + 2) > 0
    }

    static let roles = """
        SELECT r.name, r.scopes, r.id, r.description FROM policyRole p CROSS JOIN role r ON r.id = p.role
        WHERE p.policy = ? ORDER BY p.position
        """
    static let groups = """
        SELECT g.name, g.id, g.description FROM policyGroup p CROSS JOIN keyGroup g ON g.id = p.keyGroup
        WHERE p.policy = ? ORDER BY p.position
        """

    func add(to client: inout ClientRecord, _ db: Database, sharing lists: SharedLists) throws {
        let transaction = StoreTransaction(db)
        if hasRoles {
            client.roles = try transaction.all(Self.roles, [policy]) { row in
                RoleGrant(name: try row.text(0), scopes: lists.scopes(try row.text(1)))
            }
        }
        if hasGroups { client.groups = try transaction.all(Self.groups, [policy]) { try $0.text(0) } }
    }
}

extension StoreTransaction {
    func roles(ofPolicy number: Int64) throws -> [RoleRecord] {
        try all(PolicyMemberships.roles, [number]) { row in
            RoleRecord(
                id: try row.identifier(2),
                name: try row.text(0),
                description: try row.text(3),
                scopes: WordList.words(try row.text(1))
            )
        }
    }

    func groups(ofPolicy number: Int64) throws -> [GroupRecord] {
        try all(PolicyMemberships.groups, [number]) { row in
            GroupRecord(id: try row.identifier(1), name: try row.text(0), description: try row.text(2))
        }
    }

    /// - Throws: ``AdminRefusal/notFound(_:)`` for a role or group that is not there.
    func insertMemberships(of policy: Policy, _ number: Int64) throws {
        for (position, role) in policy.roles.enumerated() {
            try execute(
                "INSERT INTO policyRole (policy, position, role) SELECT ?, ?, id FROM role WHERE id = ?",
                [number, position, role.id.ulid.stored]
            )
            guard db.changesCount == 1 else { throw AdminRefusal.notFound("there is no such role") }
        }
        for (position, group) in policy.groups.enumerated() {
            try execute(
                "INSERT INTO policyGroup (policy, position, keyGroup) SELECT ?, ?, id FROM keyGroup WHERE id = ?",
                [number, position, group.id.ulid.stored]
            )
            guard db.changesCount == 1 else { throw AdminRefusal.notFound("there is no such group") }
        }
    }
}
