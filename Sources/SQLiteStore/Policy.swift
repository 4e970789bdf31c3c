import Administration
import Foundation
import GRDB
import OAuth
import Primitives

/// Scopes, roles, groups, audiences and grant types as many keys have them in common; projects keep their defaults so too.
struct Policy {
    var scopes: [String]
    var audiences: [String]
    var grantTypes: [String]
    var roles: [RoleRecord] = []
    var groups: [GroupRecord] = []

    /// What makes it the one that it is; cheaper to compare than its ``fingerprint`` is to make.
    struct Lists: Hashable {
        let words: [[ByteString]]
        let roles: [RoleID]
        let groups: [GroupID]
    }

    var lists: Lists {
        Lists(
            words: [scopes, audiences, grantTypes].map { $0.map(ByteString.init) },
            roles: roles.map(\.id),
            groups: groups.map(\.id)
        )
    }

    /// The same for the same lists in the same order, and for no others.
    var fingerprint: SHA256Digest {
        var bytes: [UInt8] = []
        // Without roles and groups it is what it was before there were any.
        let memberships = [roles.map(\.id.description), groups.map(\.id.description)]
        let hasMemberships = !roles.isEmpty || !groups.isEmpty
        for list in [scopes, audiences, grantTypes] + (hasMemberships ? memberships : []) {
            bytes += Array("\(list.count):".utf8)
            for item in list { bytes += Array("\(item.utf8.count):\(item)".utf8) }
        }
        return SHA256.hash(bytes)
    }
}

extension StoreTransaction {
    func policy(_ number: Int64) throws -> Policy {
        if let known = policies[number] { return known }
        let lists = try first(
            "SELECT scopes, grantTypes, roleCount, groupCount FROM policy WHERE number = ?",
            [number]
        ) { row in
            (
                WordList.words(try row.text(0)), WordList.words(try row.text(1)),
                hasRoles: try row.integer(2) > 0, hasGroups: try row.integer(3) > 0
            )
        }
        guard let lists else { throw StoredRowFault(reason: "a key without its policy") }
        let audiences = try all(
            "SELECT audience FROM policyAudience WHERE policy = ? ORDER BY position",
            [number]
        ) { try $0.text(0) }
        let policy = Policy(
            scopes: lists.0,
            audiences: audiences,
            grantTypes: lists.1,
            roles: lists.hasRoles ? try roles(ofPolicy: number) : [],
            groups: lists.hasGroups ? try groups(ofPolicy: number) : []
        )
        policies[number] = policy
        return policy
    }

    /// The row with these lists, made when there is none yet.
    func number(of policy: Policy) throws -> Int64 {
        let fingerprint = policy.fingerprint.stored
        let known = try first("SELECT number FROM policy WHERE fingerprint = ?", [fingerprint]) {
            try $0.integer(0)
        }
        if let known { return known }
        try execute(
            "INSERT INTO policy (fingerprint, scopes, grantTypes, roleCount, groupCount) VALUES (?, ?, ?, ?, ?)",
            [
                fingerprint, WordList.text(policy.scopes), WordList.text(policy.grantTypes),
                policy.roles.count, policy.groups.count,
            ]
        )
        let number = db.lastInsertedRowID
        for scope in policy.scopes {
            try execute("INSERT OR IGNORE INTO policyScope (policy, scope) VALUES (?, ?)", [number, scope])
        }
        for (position, audience) in policy.audiences.enumerated() {
            try execute(
                "INSERT INTO policyAudience (policy, position, audience) VALUES (?, ?, ?)",
                [number, position, StoredText.checked(audience)]
            )
        }
        try insertMemberships(of: policy, number)
        return number
    }

    /// Forgets a policy that nobody has any more.
    func drop(policy number: Int64) throws {
        policies[number] = nil
        try execute(
            """
            DELETE FROM policy WHERE number = ?1
            AND NOT EXISTS (SELECT 1 FROM apiKey WHERE policy = ?1)
            AND NOT EXISTS (SELECT 1 FROM project WHERE policy = ?1)
            """,
            [number]
        )
    }
}
