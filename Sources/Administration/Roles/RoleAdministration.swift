package import AdminAPI
import AuthorizationServer
package import OAuth
import Primitives

/// Roles: names in tokens (RFC 9068 §2.2.3.1) that bring scopes.
///
/// Whoever adds to a role grants to all who have it, so they must hold what they add; and whoever adds a role does
/// not hold it by that. The scopes of the admin API stand in no role: a role gives nothing there.
extension Administration {
    /// All roles by name; none without an `admin_role`.
    ///
    /// - Throws: ``AdminRefusal/missingScope(_:)``; any other error is a store failure.
    package func listRoles(
        page: PageRequest,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> Page<RoleRecord> {
        try await read(.listRoles, by: administrator, at: now) { reader, standing in
            guard standing.role != nil else { return .empty }
            return try Page(page, position: \.name) { try reader.roles($0) }
        }
    }

    /// - Parameter reference: An identifier or a name.
    /// - Throws: ``AdminRefusal/notFound(_:)``, ``AdminRefusal/missingScope(_:)``; any other error is a store
    ///   failure.
    package func getRole(
        _ reference: String,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> RoleRecord {
        try await read(.getRole, by: administrator, at: now) { try $0.existingRole(reference, by: $1) }
    }

    /// - Throws: ``AdminRefusal/invalidInput(_:)``, ``AdminRefusal/notHeld(_:)`` for scopes that the administrator
    ///   does not hold, ``AdminRefusal/conflict(_:)`` for a name that is taken, ``AdminRefusal/missingScope(_:)``;
    ///   any other error is a store failure.
    package func createRole(
        _ creation: RoleCreation,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> RoleRecord {
        let limits = limits
        let role = RoleRecord(
            id: RoleID(identifiers.next(at: now)),
            name: creation.name,
            description: creation.description ?? "",
            scopes: creation.scopes ?? []
        )
        return try await write(.createRole, by: administrator, at: now) { writer, standing in
            try standing.mayCreate()
            try RoleDraft(role: role, old: nil).check(limits: limits, by: standing, in: writer)
            try writer.insert(role)
            standing.note(nil, becomes: role)
            return role
        }
    }

    /// Applies a merge patch; it acts on the next token of every key that has the role.
    ///
    /// A value that stays as it is grants nothing and is not judged again.
    ///
    /// - Parameter reference: An identifier or a name.
    /// - Throws: ``AdminRefusal/invalidInput(_:)`` also when tokens of a key that has the role could get too long,
    ///   ``AdminRefusal/notHeld(_:)`` for scopes that the administrator does not hold, and for what is for super
    ///   admins: another name of a role that keys have, and other scopes of one that others' keys have;
    ///   ``AdminRefusal/notFound(_:)``, ``AdminRefusal/conflict(_:)`` for a name that is taken,
    ///   ``AdminRefusal/missingScope(_:)``; any other error is a store failure.
    package func updateRole(
        _ reference: String,
        _ patch: RolePatch,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> RoleRecord {
        let limits = limits
        return try await write(.updateRole, by: administrator, at: now) { writer, standing in
            let old = try writer.existingRole(reference, by: standing)
            try standing.expects(old)
            var role = old
            role.name = patch.name ?? old.name
            role.description = patch.description.applied(to: old.description, default: "")
            role.scopes = patch.scopes.applied(to: old.scopes, default: [])
            try RoleDraft(role: role, old: old).check(limits: limits, by: standing, in: writer)
            try writer.update(role)
            standing.note(old, becomes: role)
            return role
        }
    }

    /// - Parameter reference: An identifier or a name.
    /// - Throws: ``AdminRefusal/notFound(_:)``, ``AdminRefusal/conflict(_:)`` for a role that a key has which is not
    ///   revoked, ``AdminRefusal/missingScope(_:)``; any other error is a store failure.
    package func deleteRole(
        _ reference: String,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws {
        try await write(.deleteRole, by: administrator, at: now) { writer, standing in
            let role = try writer.existingRole(reference, by: standing)
            try standing.expects(role)
            guard try !writer.isRoleInUse(role.id) else {
                throw AdminRefusal.conflict("the role is in use: take it from keys first")
            }
            try writer.deleteRole(role.id)
            standing.note(role, becomes: nil)
        }
    }
}

/// A role as it would be after a creation or a change, to be judged before it is written.
private struct RoleDraft {
    let role: RoleRecord
    /// `nil` for a creation.
    let old: RoleRecord?

    func check(limits: AdministrationLimits, by standing: Standing, in reader: any AdminReader) throws {
        var checks = FieldChecks(limits: limits)
        let gained = added(role.scopes, besides: old?.scopes ?? [])
        try checks.catalogue(role.scopes, besides: old?.scopes ?? [], at: "/scopes", in: reader)
        for (index, name) in gained where BuiltInScopes.isAdministrative(name) {
            checks.add("/scopes/\(index)", "is of the admin API, where roles give nothing: give it to keys")
        }
        try checks.finish()

        var mistakes = gained.filter { !standing.holds(scope: $0.name) }
            .map { FieldMistake("/scopes/\($0.index)", "you do not hold the scope \($0.name)") }
        let isRenamed = old.map { !bytesEqual($0.name, role.name) } ?? false
        if isRenamed, standing.role != .superAdmin, try reader.isRoleInUse(role.id) {
            let detail = "keys have this role: only super admins give them another"
            mistakes.append(FieldMistake("/name", detail))
        }
        if let detail = try foreignScopes(gained.map(\.name), by: standing, in: reader) {
            mistakes.append(FieldMistake("/scopes", detail))
        }
        guard mistakes.isEmpty else { throw AdminRefusal.notHeld(mistakes) }
        if old == nil || isRenamed, try reader.role(named: role.name) != nil {
            throw AdminRefusal.conflict("another role has this name")
        }
        guard let old, isRenamed || !gained.isEmpty else { return }
        try limits.checkTokens(of: reader.longestKeys(withRole: role.id), at: "") { key in
            for index in key.roles.indices where key.roles[index].id == old.id { key.roles[index] = role }
        }
    }

    /// Why these scopes are for super admins to change: keys have the role that the administrator may not change.
    private func foreignScopes(
        _ gained: [String],
        by standing: Standing,
        in reader: any AdminReader
    ) throws -> String? {
        guard let old, standing.role != .superAdmin else { return nil }
        guard !gained.isEmpty || !added(old.scopes, besides: role.scopes).isEmpty else { return nil }
        if try reader.isRoleInUse(role.id, besidesKeysOf: standing.id) {
            return "keys that are not yours have this role: only super admins change what it brings"
        }
        if gained.contains(where: BuiltInScopes.isRevocation), try reader.isRoleInUse(role.id) {
            return "keys have this role: only super admins add \(BuiltInScopes.revocation) to it"
        }
        return nil
    }
}

extension AdminReader {
    /// The role with that identifier or name.
    func role(given text: String) throws -> RoleRecord? {
        if let id = RoleID(parsing: text) { return try role(id) }
        return RoleMessage.isReference(text) ? try role(named: text) : nil
    }

    fileprivate func existingRole(_ reference: String, by standing: Standing) throws -> RoleRecord {
        let missing = "there is no such role"
        try standing.mayReach(missing)
        guard let role = try role(given: reference) else { throw AdminRefusal.notFound(missing) }
        return role
    }
}
