package import AdminAPI
import AuthorizationServer
package import OAuth
import Primitives

/// Groups of keys: names in tokens (RFC 9068 §2.2.3.1) that endpoints ask for.
extension Administration {
    /// All groups by name; none without an `admin_role`.
    ///
    /// - Throws: ``AdminRefusal/missingScope(_:)``; any other error is a store failure.
    package func listGroups(
        page: PageRequest,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> Page<GroupRecord> {
        try await read(.listGroups, by: administrator, at: now) { reader, standing in
            guard standing.role != nil else { return .empty }
            return try Page(page, position: \.name) { try reader.groups($0) }
        }
    }

    /// - Parameter reference: An identifier or a name.
    /// - Throws: ``AdminRefusal/notFound(_:)``, ``AdminRefusal/missingScope(_:)``; any other error is a store
    ///   failure.
    package func getGroup(
        _ reference: String,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> GroupRecord {
        try await read(.getGroup, by: administrator, at: now) { try $0.existingGroup(reference, by: $1) }
    }

    /// Adds a group; whoever adds it is not in it by that.
    ///
    /// - Throws: ``AdminRefusal/conflict(_:)`` for a name that is taken, ``AdminRefusal/notHeld(_:)`` without an
    ///   `admin_role`, ``AdminRefusal/missingScope(_:)``; any other error is a store failure.
    package func createGroup(
        _ creation: GroupCreation,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> GroupRecord {
        let group = GroupRecord(
            id: GroupID(identifiers.next(at: now)),
            name: creation.name,
            description: creation.description ?? ""
        )
        return try await write(.createGroup, by: administrator, at: now) { writer, standing in
            try standing.mayCreate()
            try writer.requireFree(groupName: group.name)
            try writer.insert(group)
            standing.note(nil, becomes: group)
            return group
        }
    }

    /// Applies a merge patch; it acts on the next token of every key in the group.
    ///
    /// - Parameter reference: An identifier or a name.
    /// - Throws: ``AdminRefusal/notHeld(_:)`` for another name of a group that keys are in, which is for super admins,
    ///   ``AdminRefusal/invalidInput(_:)`` when their tokens could get too long, ``AdminRefusal/notFound(_:)``,
    ///   ``AdminRefusal/conflict(_:)`` for a name that is taken, ``AdminRefusal/missingScope(_:)``; any other error
    ///   is a store failure.
    package func updateGroup(
        _ reference: String,
        _ patch: GroupPatch,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> GroupRecord {
        let limits = limits
        return try await write(.updateGroup, by: administrator, at: now) { writer, standing in
            let old = try writer.existingGroup(reference, by: standing)
            try standing.expects(old)
            var group = old
            group.name = patch.name ?? old.name
            group.description = patch.description.applied(to: old.description, default: "")
            if !bytesEqual(group.name, old.name) {
                try writer.checkName(of: group, by: standing, limits: limits)
            }
            try writer.update(group)
            standing.note(old, becomes: group)
            return group
        }
    }

    /// - Parameter reference: An identifier or a name.
    /// - Throws: ``AdminRefusal/notFound(_:)``, ``AdminRefusal/conflict(_:)`` for a group with a key that is not
    ///   revoked, ``AdminRefusal/missingScope(_:)``; any other error is a store failure.
    package func deleteGroup(
        _ reference: String,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws {
        try await write(.deleteGroup, by: administrator, at: now) { writer, standing in
            let group = try writer.existingGroup(reference, by: standing)
            try standing.expects(group)
            guard try !writer.isGroupInUse(group.id) else {
                throw AdminRefusal.conflict("the group is in use: take keys out of it first")
            }
            try writer.deleteGroup(group.id)
            standing.note(group, becomes: nil)
        }
    }
}

extension AdminReader {
    /// The group with that identifier or name.
    func group(given text: String) throws -> GroupRecord? {
        if let id = GroupID(parsing: text) { return try group(id) }
        return RoleMessage.isReference(text) ? try group(named: text) : nil
    }

    fileprivate func existingGroup(_ reference: String, by standing: Standing) throws -> GroupRecord {
        let missing = "there is no such group"
        try standing.mayReach(missing)
        guard let group = try group(given: reference) else { throw AdminRefusal.notFound(missing) }
        return group
    }

    fileprivate func requireFree(groupName name: String) throws {
        guard try group(named: name) == nil else {
            throw AdminRefusal.conflict("another group has this name")
        }
    }

    fileprivate func checkName(
        of group: GroupRecord,
        by standing: Standing,
        limits: AdministrationLimits
    ) throws {
        if standing.role != .superAdmin, try isGroupInUse(group.id) {
            let detail = "keys are in this group: only super admins give them another"
            throw AdminRefusal.notHeld([FieldMistake("/name", detail)])
        }
        try requireFree(groupName: group.name)
        try limits.checkTokens(of: longestKeys(withGroup: group.id), at: "/name") { key in
            for index in key.groups.indices where key.groups[index].id == group.id {
                key.groups[index] = group
            }
        }
    }
}
