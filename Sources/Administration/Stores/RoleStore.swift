package import OAuth

/// A role: a name in the tokens of the keys that have it, and scopes that they hold by it.
package struct RoleRecord: Sendable, Hashable {
    package var id: RoleID
    /// No other role has it, byte for byte.
    package var name: String
    package var description: String
    package var scopes: [String]

    package init(id: RoleID, name: String, description: String, scopes: [String]) {
        self.id = id
        self.name = name
        self.description = description
        self.scopes = scopes
    }
}

/// A group of keys: a name in their tokens.
package struct GroupRecord: Sendable, Hashable {
    package var id: GroupID
    /// No other group has it, byte for byte.
    package var name: String
    package var description: String

    package init(id: GroupID, name: String, description: String) {
        self.id = id
        self.name = name
        self.description = description
    }
}

/// Roles and groups as administrators see them: part of ``AdminReader``.
package protocol RoleReader {
    func role(_ id: RoleID) throws -> RoleRecord?
    func role(named name: String) throws -> RoleRecord?
    /// In ascending order of `name`.
    func roles(_ page: PageRequest) throws -> [RoleRecord]
    /// Whether a key that is not revoked has the role.
    func isRoleInUse(_ id: RoleID) throws -> Bool
    /// Whether somebody else's key has the role, that is not revoked: neither this admin's own nor one that they
    /// created; or a super admin's, whoever created it.
    func isRoleInUse(_ id: RoleID, besidesKeysOf admin: KeyID) throws -> Bool
    /// Of all keys with the role that are not revoked: for each combination of scopes, roles, groups, audiences and
    /// grant types the one whose subject and claims take the most room in a token.
    func longestKeys(withRole id: RoleID) throws -> [KeyRecord]

    func group(_ id: GroupID) throws -> GroupRecord?
    func group(named name: String) throws -> GroupRecord?
    /// In ascending order of `name`.
    func groups(_ page: PageRequest) throws -> [GroupRecord]
    /// Whether a key that is not revoked is in the group.
    func isGroupInUse(_ id: GroupID) throws -> Bool
    /// As ``longestKeys(withRole:)``.
    func longestKeys(withGroup id: GroupID) throws -> [KeyRecord]
}

/// Part of ``AdminWriter``.
package protocol RoleWriter {
    func insert(_ role: RoleRecord) throws
    /// Acts on every key that has the role, at once.
    func update(_ role: RoleRecord) throws
    /// A revoked key that has the role loses it.
    func deleteRole(_ id: RoleID) throws
    func insert(_ group: GroupRecord) throws
    /// Acts on every key in the group, at once.
    func update(_ group: GroupRecord) throws
    /// A revoked key in the group leaves it.
    func deleteGroup(_ id: GroupID) throws
}
