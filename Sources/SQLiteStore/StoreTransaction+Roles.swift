import Administration
import AuthorizationServer
import Foundation
import GRDB
import OAuth

// Roles: what changes in one changes in every key that has it.
extension StoreTransaction {
    private static let roleColumns = "id, name, description, scopes"

    package func role(_ id: RoleID) throws -> RoleRecord? {
        try first("SELECT \(Self.roleColumns) FROM role WHERE id = ?", [id.ulid.stored], roleRecord(_:))
    }

    package func role(named name: String) throws -> RoleRecord? {
        try first("SELECT \(Self.roleColumns) FROM role WHERE name = ?", [name], roleRecord(_:))
    }

    package func roles(_ page: PageRequest) throws -> [RoleRecord] {
        try all(
            "SELECT \(Self.roleColumns) FROM role WHERE name > ? ORDER BY name LIMIT ?",
            [page.after ?? "", page.limit],
            roleRecord(_:)
        )
    }

    package func isRoleInUse(_ id: RoleID) throws -> Bool {
        try holds(
            """
            SELECT EXISTS (
                SELECT 1 FROM policyRole p CROSS JOIN apiKey k ON k.policy = p.policy AND k.revokedAt IS NULL
                WHERE p.role = ?1
            )
            """,
            [id.ulid.stored]
        )
    }

    package func longestKeys(withRole id: RoleID) throws -> [KeyRecord] {
        try longestKeys("SELECT policy FROM policyRole WHERE role = ?", id.ulid.stored)
    }

    /// No cached client can depend on a role that was not there.
    package func insert(_ role: RoleRecord) throws {
        try execute(
            "INSERT INTO role (name, description, scopes, id) VALUES (?, ?, ?, ?)",
            try arguments(of: role)
        )
        try insertScopes(of: role)
    }

    package func update(_ role: RoleRecord) throws {
        guard let old = try self.role(role.id) else {
            throw AdminRefusal.notFound("there is no such role")
        }
        try execute(
            "UPDATE role SET name = ?, description = ?, scopes = ? WHERE id = ?",
            try arguments(of: role)
        )
        policies.removeAll()
        guard role.grant != old.grant else { return }
        try execute("DELETE FROM roleScope WHERE role = ?", [role.id.ulid.stored])
        try insertScopes(of: role)
        note(.everything)
    }

    package func deleteRole(_ id: RoleID) throws {
        try execute("DELETE FROM role WHERE id = ?", [id.ulid.stored])
        guard db.changesCount > 0 else { throw AdminRefusal.notFound("there is no such role") }
        policies.removeAll()
        note(.everything)
    }

    private func insertScopes(of role: RoleRecord) throws {
        for scope in role.scopes {
            try execute(
                "INSERT OR IGNORE INTO roleScope (scope, role) VALUES (?, ?)",
                [scope, role.id.ulid.stored]
            )
        }
    }

    private func arguments(of role: RoleRecord) throws -> StatementArguments {
        [
            try StoredText.checked(role.name), try StoredText.checked(role.description),
            try WordList.text(role.scopes), role.id.ulid.stored,
        ]
    }

    private func roleRecord(_ row: StoredRow) throws -> RoleRecord {
        RoleRecord(
            id: try row.identifier(0),
            name: try row.text(1),
            description: try row.text(2),
            scopes: WordList.words(try row.text(3))
        )
    }

    /// - Parameter policies: A query for numbers of policies.
    fileprivate func longestKeys(_ policies: String, _ argument: Data) throws -> [KeyRecord] {
        try all(policies, [argument]) { try $0.integer(0) }.compactMap { policy in
            // SQLite takes the columns beside max() from the row that has it. Quotes and backslashes of a subject take
            // two bytes in JSON; it has no other characters that do, and claims are stored as JSON.
            try first(
                """
                SELECT \(Self.keyColumns), max(
                    length(replace(replace(k.subject, '\\', '\\\\'), '"', '\\"')) + length(CAST(k.claims AS BLOB))
                )
                FROM apiKey k INDEXED BY keyByPolicy \(Self.keyJoins)
                WHERE k.policy = ? AND k.revokedAt IS NULL
                """,
                [policy]
            ) { $0.isNull(0) ? nil : try keyRecord($0) } ?? nil
        }
    }
}

extension RoleRecord {
    /// What tokens show of it.
    fileprivate var grant: RoleGrant { RoleGrant(name: name, scopes: scopes) }
}

// Groups: what changes in one changes in every key in it.
extension StoreTransaction {
    package func group(_ id: GroupID) throws -> GroupRecord? {
        try first(
            "SELECT id, name, description FROM keyGroup WHERE id = ?",
            [id.ulid.stored],
            groupRecord(_:)
        )
    }

    package func group(named name: String) throws -> GroupRecord? {
        try first("SELECT id, name, description FROM keyGroup WHERE name = ?", [name], groupRecord(_:))
    }

    package func groups(_ page: PageRequest) throws -> [GroupRecord] {
        try all(
            "SELECT id, name, description FROM keyGroup WHERE name > ? ORDER BY name LIMIT ?",
            [page.after ?? "", page.limit],
            groupRecord(_:)
        )
    }

    package func isGroupInUse(_ id: GroupID) throws -> Bool {
        try holds(
            """
            SELECT EXISTS (
                SELECT 1 FROM policyGroup p CROSS JOIN apiKey k ON k.policy = p.policy AND k.revokedAt IS NULL
                WHERE p.keyGroup = ?1
            )
            """,
            [id.ulid.stored]
        )
    }

    package func longestKeys(withGroup id: GroupID) throws -> [KeyRecord] {
        try longestKeys("SELECT policy FROM policyGroup WHERE keyGroup = ?", id.ulid.stored)
    }

    /// No cached client can depend on a group that was not there.
    package func insert(_ group: GroupRecord) throws {
        try execute(
            "INSERT INTO keyGroup (name, description, id) VALUES (?, ?, ?)",
            try arguments(of: group)
        )
    }

    package func update(_ group: GroupRecord) throws {
        guard let old = try self.group(group.id) else {
            throw AdminRefusal.notFound("there is no such group")
        }
        try execute(
            "UPDATE keyGroup SET name = ?, description = ? WHERE id = ?",
            try arguments(of: group)
        )
        policies.removeAll()
        if !old.name.utf8.elementsEqual(group.name.utf8) { note(.everything) }
    }

    package func deleteGroup(_ id: GroupID) throws {
        try execute("DELETE FROM keyGroup WHERE id = ?", [id.ulid.stored])
        guard db.changesCount > 0 else { throw AdminRefusal.notFound("there is no such group") }
        policies.removeAll()
        note(.everything)
    }

    private func arguments(of group: GroupRecord) throws -> StatementArguments {
        [
            try StoredText.checked(group.name), try StoredText.checked(group.description),
            group.id.ulid.stored,
        ]
    }

    private func groupRecord(_ row: StoredRow) throws -> GroupRecord {
        GroupRecord(id: try row.identifier(0), name: try row.text(1), description: try row.text(2))
    }
}
