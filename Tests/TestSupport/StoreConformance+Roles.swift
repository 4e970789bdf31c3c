package import Administration
import AuthorizationServer
import OAuth
import Primitives
import Testing

extension StoreSample {
    package static func role(
        _ number: Int,
        name: String = "reader",
        scopes: [String] = ["reports:read"]
    ) -> RoleRecord {
        RoleRecord(
            id: RoleID(ULID(high: 3, low: UInt64(number))),
            name: name,
            description: "role \(number)",
            scopes: scopes
        )
    }

    package static func group(_ number: Int, name: String = "partners") -> GroupRecord {
        GroupRecord(
            id: GroupID(ULID(high: 4, low: UInt64(number))),
            name: name,
            description: "group \(number)"
        )
    }
}

extension AdminStore {
    /// Two roles, two groups, and the keys.
    package func fillWithRoles(_ keys: [KeyRecord]) async throws {
        try await change { store in
            try store.insert(StoreSample.project())
            for role in [
                StoreSample.role(1), StoreSample.role(2, name: "writer", scopes: ["reports:write", "x"]),
            ] {
                try store.insert(role)
            }
            for group in [StoreSample.group(1), StoreSample.group(2, name: "eu")] { try store.insert(group) }
            for key in keys { try store.insert(key) }
        }
    }
}

extension StoreConformance {
    static let roleRules: [Rule] = [
        Rule("roles and groups come, change and go, each by its id and its name") { store, log in
            let (role, group) = (StoreSample.role(1), StoreSample.group(1))
            try await store.change { store in
                try store.insert(role)
                try store.insert(group)
            }
            #expect(log.take() == [], "no cached client can depend on a role that was not there")
            let found = try await store.read { store in
                (try store.role(role.id), try store.role(named: role.name))
            }
            #expect(found.0 == role && found.1 == role)
            let foundGroups = try await store.read { store in
                (try store.group(group.id), try store.group(named: group.name))
            }
            #expect(foundGroups.0 == group && foundGroups.1 == group)
            let twin = await store.failure { try $0.insert(StoreSample.role(2)) }
            #expect(twin is AdminRefusal, "a name is there once")
            let groupTwin = await store.failure { try $0.insert(StoreSample.group(2)) }
            #expect(groupTwin is AdminRefusal)
            let absent = await store.failure { try $0.update(StoreSample.role(9, name: "none")) }
            #expect(absent is AdminRefusal)
            try await store.change { store in
                try store.deleteRole(role.id)
                try store.deleteGroup(group.id)
            }
            let gone = try await store.read { store in
                try store.role(role.id) == nil && store.group(named: group.name) == nil
            }
            #expect(gone)
            let again = await store.failure { try $0.deleteRole(role.id) }
            #expect(again is AdminRefusal)
        },
        Rule("roles and groups are listed by name, page by page, and names are bytes") { store, _ in
            let names = ["B", "a", "a.b", "a/b", "b", "c:1", "z"]
            try await store.change { store in
                for (number, name) in names.enumerated().reversed() {
                    try store.insert(StoreSample.role(number, name: name, scopes: []))
                    try store.insert(StoreSample.group(number, name: name))
                }
            }
            let page = PageRequest(limit: 3, after: "a.b")
            let listed = try await store.read { store in
                (try store.roles(page).map(\.name), try store.groups(page).map(\.name))
            }
            #expect(listed.0 == ["a/b", "b", "c:1"] && listed.1 == ["a/b", "b", "c:1"])
            let upper = try await store.read { try $0.role(named: "A") }
            #expect(upper == nil)
        },
        Rule("a key has its roles and groups in their order, for administrators and for tokens") { store, _ in
            var key = StoreSample.key(1)
            key.roles = [
                StoreSample.role(2, name: "writer", scopes: ["reports:write", "x"]), StoreSample.role(1),
            ]
            key.groups = [StoreSample.group(2, name: "eu"), StoreSample.group(1)]
            key.allowedReferrers = ["https://app.example", "http://localhost:3000"]
            try await store.fillWithRoles([key, StoreSample.key(2)])
            let stored = try #require(await store.key(key.id))
            #expect(same(stored, key))
            let client = try #require(await store.client(withDigest: key.digest))
            #expect(client.roles.map(\.name) == ["writer", "reader"])
            #expect(client.roles.map(\.scopes) == [["reports:write", "x"], ["reports:read"]])
            #expect(client.heldScopes == ["reports:write", "reports:read", "x"])
            #expect(client.groups == ["eu", "partners"])
            let referrers = ReferrerList(parsing: ["https://app.example", "http://localhost:3000"])
            #expect(client.allowedReferrers == referrers)
            let plain = try #require(await store.client(withID: StoreSample.keyID(2)))
            #expect(plain.roles.isEmpty && plain.groups.isEmpty && plain.allowedReferrers == nil)
            key.roles = []
            key.groups = [StoreSample.group(1)]
            key.allowedReferrers = []
            try await store.change { [key] in try $0.update(key, at: StoreSample.now) }
            let changed = try #require(await store.client(withDigest: key.digest))
            #expect(changed.roles.isEmpty && changed.groups == ["partners"])
            #expect(
                changed.allowedReferrers == ReferrerList(parsing: []),
                "an empty list is not a missing one"
            )
        },
        Rule("keys that differ in roles, groups or their order only do not get those of another") {
            store,
            _ in
            let (reader, writer) = (StoreSample.role(1), StoreSample.role(2, name: "writer"))
            let group = StoreSample.group(1)
            let lists: [([RoleRecord], [GroupRecord])] = [
                ([], []), ([reader], []), ([writer], []), ([reader, writer], []), ([writer, reader], []),
                ([], [group]), ([reader], [group]),
            ]
            let keys = lists.enumerated().map { number, lists in
                var key = StoreSample.key(number + 1)
                (key.roles, key.groups) = lists
                return key
            }
            try await store.fillWithRoles(keys)
            for key in keys + keys.reversed() {
                let client = try #require(await store.client(withID: key.id))
                #expect(client.roles.map(\.name) == key.roles.map(\.name))
                #expect(client.groups == key.groups.map(\.name))
            }
        },
        Rule("a change of what a role gives reaches every key with it, and is announced; its words are not") {
            store,
            log in
            var key = StoreSample.key(1)
            key.roles = [StoreSample.role(1)]
            key.groups = [StoreSample.group(1)]
            try await store.fillWithRoles([key])
            _ = log.take()
            var role = StoreSample.role(1)
            role.description = "other words"
            var group = StoreSample.group(1)
            group.description = "other words"
            try await store.change { [role, group] store in
                try store.update(role)
                try store.update(group)
            }
            #expect(log.take() == [])
            role.scopes = ["y"]
            try await store.change { [role] in try $0.update(role) }
            #expect(log.take() == ["everything"])
            (role.name, group.name) = ("renamed", "moved")
            try await store.change { [role] in try $0.update(role) }
            #expect(log.take() == ["everything"])
            try await store.change { [group] in try $0.update(group) }
            #expect(log.take() == ["everything"])
            let client = try #require(await store.client(withID: key.id))
            #expect(client.roles == [RoleGrant(name: "renamed", scopes: ["y"])] && client.groups == ["moved"])
            let shown = try #require(await store.key(key.id))
            #expect(shown.roles == [role] && shown.groups == [group])
        },
        Rule("a role, a group and a role's scope are in use by live keys only, and a revoked key loses them")
        {
            store,
            _ in
            var (live, revoked) = (StoreSample.key(1), StoreSample.key(2))
            live.roles = [StoreSample.role(1)]
            live.groups = [StoreSample.group(1)]
            revoked.roles = [StoreSample.role(1), StoreSample.role(2, name: "writer")]
            revoked.groups = [StoreSample.group(2, name: "eu")]
            revoked.revokedAt = StoreSample.now
            try await store.fillWithRoles([live, revoked])
            let use = try await store.read { store in
                try [
                    store.isRoleInUse(StoreSample.role(1).id), store.isRoleInUse(StoreSample.role(2).id),
                    store.isGroupInUse(StoreSample.group(1).id), store.isGroupInUse(StoreSample.group(2).id),
                    store.isScopeInUse("x"), store.isScopeInUse("nobody:has"),
                ]
            }
            #expect(use == [true, false, true, false, true, false])
            try await store.change { store in
                try store.deleteRole(StoreSample.role(2).id)
                try store.deleteGroup(StoreSample.group(2).id)
                // Another of the same name is another.
                try store.insert(StoreSample.role(3, name: "writer"))
            }
            let shown = try #require(await store.key(revoked.id))
            #expect(shown.roles == [StoreSample.role(1)] && shown.groups.isEmpty)
            #expect(try await store.isScopeInUse("x") == false)
        },
        Rule("a key with a role or group that is not there is refused") { store, _ in
            try await store.fillWithRoles([])
            var key = StoreSample.key(1)
            key.roles = [StoreSample.role(7, name: "none")]
            let refusal = await store.failure { [key] in try $0.insert(key) }
            #expect(refusal is AdminRefusal)
            (key.roles, key.groups) = ([], [StoreSample.group(7, name: "none")])
            let other = await store.failure { [key] in try $0.insert(key) }
            #expect(other is AdminRefusal)
            #expect(try await store.key(key.id) == nil)
        },
        Rule("of keys that hold the same, the one with the longest subject and claims stands for all") {
            store,
            _ in
            var keys = (1...4).map { StoreSample.key($0) }
            for index in keys.indices { keys[index].roles = [StoreSample.role(1)] }
            keys[1].claims = JSONObject([("team", .string(String(repeating: "é", count: 40)))])
            keys[2].claims = JSONObject([("team", .string(String(repeating: "e", count: 70)))])
            keys[3].claims = JSONObject([("team", .string(String(repeating: "e", count: 200)))])
            keys[3].revokedAt = StoreSample.now
            var other = StoreSample.key(5)
            other.roles = [StoreSample.role(1)]
            other.scopes = ["other"]
            other.groups = [StoreSample.group(1)]
            try await store.fillWithRoles(keys + [other])
            let longest = try await store.read { store in
                try store.longestKeys(withRole: StoreSample.role(1).id).map(\.id).sorted()
            }
            #expect(longest == [keys[1].id, other.id])
            let grouped = try await store.read { try $0.longestKeys(withGroup: StoreSample.group(1).id) }
            #expect(grouped.map(\.id) == [other.id])
            let none = try await store.read { try $0.longestKeys(withRole: StoreSample.role(2).id) }
            #expect(none.isEmpty)
        },
    ]
}
