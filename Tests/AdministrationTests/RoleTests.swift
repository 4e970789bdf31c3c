import AdminAPI
import Administration
import AuthorizationServer
import OAuth
import Primitives
import Testing

@Suite("Roles and groups, administered")
struct RoleTests {
    let booth: Booth
    /// Holds `reports:read` by itself, `reports:list` by the role `reader`, and is in the group `blue`.
    let admin: Administrator

    init() async throws {
        booth = try await Booth()
        for scope in ["reports:read", "reports:list", "reports:write"] { try await booth.addScope(scope) }
        try await booth.addRole(#"{"name":"reader","scopes":["reports:read","reports:list"]}"#)
        try await booth.addRole(#"{"name":"writer","scopes":["reports:write"]}"#)
        try await booth.addRole(#"{"name":"empty"}"#)
        for name in ["blue", "red"] { try await booth.addGroup(name) }
        let creator = booth.root
        let administration = BuiltInScopes.administration + ["reports:read"]
        let scopes = administration.map { "\"\($0)\"" }.joined(separator: ",")
        let key = try await booth.create(
            """
            {"name":"admin","admin_role":"admin","audiences":["urn:tokenbooth:admin","https://a.example"],
            "scopes":[\(scopes)],"roles":["reader"],"groups":["blue"]}
            """,
            by: creator
        )
        admin = Administrator(id: key.id, scopes: key.heldScopes)
    }

    @Test
    func `roles and groups are given by id or name, and shown by name`() async throws {
        let (desk, now) = (booth.administration, booth.now)
        let role = try await desk.getRole("reader", by: booth.root, at: now)
        let group = try await desk.getGroup("blue", by: booth.root, at: now)
        #expect(try await desk.getRole(role.id.description, by: booth.root, at: now) == role)
        #expect(try await desk.getGroup(group.id.description, by: booth.root, at: now) == group)
        let key = try await booth.create(
            #"{"name":"n","roles":["writer","\#(role.id)"],"groups":["\#(group.id)","red"]}"#
        )
        let message = key.message(at: now)
        #expect(message.roles == ["writer", "reader"] && message.groups == ["blue", "red"])
        #expect(
            message.scopes.isEmpty && key.heldScopes == ["reports:write", "reports:read", "reports:list"]
        )
        let changed = try await booth.update(key.id, #"{"roles":null,"groups":["red"]}"#)
        #expect(changed.roles.isEmpty && changed.groups.map(\.name) == ["red"])
        #expect(try await booth.update(key.id, #"{"name":"m"}"#).groups.map(\.name) == ["red"])
    }

    @Test(arguments: [
        (#"{"name":"n","roles":["none"]}"#, "invalid /roles/0"),
        (#"{"name":"n","roles":["Reader"]}"#, "invalid /roles/0"),
        (#"{"name":"n","roles":["reader","rol_01arz3ndektsv4rrffq69g5fav"]}"#, "invalid /roles/1"),
        (#"{"name":"n","roles":["reader","reader"]}"#, "unreadable /roles/1"),
        (#"{"name":"n","roles":["a b"]}"#, "unreadable /roles/0"),
        (#"{"name":"n","roles":"reader"}"#, "unreadable /roles"),
        (#"{"name":"n","groups":["blue","none"]}"#, "invalid /groups/1"),
        (#"{"name":"n","groups":["grp_01arz3ndektsv4rrffq69g5fav"]}"#, "invalid /groups/0"),
    ])
    func `what is no role or group is refused`(body: String, expected: String) async throws {
        #expect(try await outcome { try await booth.create(body) } == expected)
    }

    @Test
    func `a role given by its id and by its name is given twice`() async throws {
        let role = try await booth.administration.getRole("reader", by: booth.root, at: booth.now)
        let body = #"{"name":"n","roles":["reader","\#(role.id)"]}"#
        #expect(try await outcome { try await booth.create(body) } == "invalid /roles/1")
    }

    // threats: ADM-01
    @Test(arguments: [
        (#"{"roles":["reader"]}"#, "done"), (#"{"roles":["writer"]}"#, "not held /roles/0"),
        (#"{"roles":["reader","empty"]}"#, "not held /roles/1"), (#"{"groups":["blue"]}"#, "done"),
        (#"{"groups":["red"]}"#, "not held /groups/0"), (#"{"scopes":["reports:list"]}"#, "done"),
        (#"{"scopes":["reports:write"]}"#, "not held /scopes/0"), (#"{"roles":[],"groups":[]}"#, "done"),
    ])
    func `an admin gives the roles and groups that they have, and what a role brings them`(
        body: String,
        expected: String
    ) async throws {
        let id = try await booth.create(#"{"name":"n","audiences":["https://a.example"]}"#, by: admin).id
        #expect(try await outcome { try await booth.update(id, body, by: admin) } == expected)
        #expect(try await outcome { try await booth.update(id, body) } == "done", "a super admin may")
        #expect(
            try await outcome { try await booth.update(id, body, by: admin) } == "done",
            "what stays is no grant"
        )
    }

    @Test
    func `a token with fewer scopes than its key gives no role that brings more`() async throws {
        let narrow = Administrator(id: admin.id, scopes: ["keys:write", "reports:read"])
        let body = #"{"name":"n","audiences":["https://a.example"],"roles":["reader"]}"#
        #expect(try await outcome { try await booth.create(body, by: narrow) } == "not held /roles/0")
    }

    // threats: ADM-01
    @Test
    func `nobody puts into a role what they do not hold`() async throws {
        let (desk, now) = (booth.administration, booth.now)
        func create(_ body: String, _ by: Administrator) async throws -> String {
            try await outcome {
                try await desk.createRole(try RoleCreation(parsing: try json(body)), by: by, at: now)
            }
        }
        func update(_ body: String, _ by: Administrator) async throws -> String {
            let patch = try RolePatch(parsing: try json(body))
            return try await outcome { try await desk.updateRole("empty", patch, by: by, at: now) }
        }
        #expect(try await create(#"{"name":"a","scopes":["reports:write"]}"#, admin) == "not held /scopes/0")
        #expect(try await create(#"{"name":"a","scopes":["reports:list"]}"#, admin) == "done")
        #expect(
            try await update(#"{"scopes":["reports:read","reports:write"]}"#, admin) == "not held /scopes/1"
        )
        #expect(try await update(#"{"scopes":["reports:read"]}"#, admin) == "done")
        #expect(try await update(#"{"scopes":["reports:write"]}"#, booth.root) == "done")
        #expect(try await update(#"{"scopes":["reports:write"],"description":"d"}"#, admin) == "done")
        #expect(try await update(#"{"scopes":null}"#, admin) == "done", "taking away gives nothing")
    }

    // threats: ADM-01
    @Test
    func `a name that keys have is changed by super admins only, for it stands in their tokens`() async throws
    {
        let (desk, now) = (booth.administration, booth.now)
        func rename(_ name: String, to new: String, by: Administrator) async throws -> String {
            let patch = try RolePatch(parsing: try json(#"{"name":"\#(new)"}"#))
            return try await outcome { try await desk.updateRole(name, patch, by: by, at: now) }
        }
        #expect(try await rename("reader", to: "boss", by: admin) == "not held /name")
        #expect(try await rename("empty", to: "idle", by: admin) == "done", "nobody has it")
        #expect(try await rename("reader", to: "writer", by: booth.root) == "conflict")
        #expect(try await rename("reader", to: "reader", by: admin) == "done")
        #expect(try await rename("reader", to: "Reader", by: booth.root) == "done", "names are bytes")
        let patch = try GroupPatch(parsing: try json(#"{"name":"green"}"#))
        #expect(
            try await outcome { try await desk.updateGroup("blue", patch, by: admin, at: now) }
                == "not held /name"
        )
        #expect(try await outcome { try await desk.updateGroup("red", patch, by: admin, at: now) } == "done")
        #expect(
            try await outcome { try await desk.updateGroup("blue", patch, by: booth.root, at: now) }
                == "conflict"
        )
    }

    @Test(arguments: [
        (#"{"name":"reader"}"#, "conflict"), (#"{"name":"rol_x"}"#, "unreadable /name"),
        (#"{"name":""}"#, "unreadable /name"), (#"{"name":"a b"}"#, "unreadable /name"),
        (#"{"name":"é"}"#, "unreadable /name"), (#"{"name":"x","scopes":["none"]}"#, "invalid /scopes/0"),
        (#"{"name":"x","scopes":["keys:read"]}"#, "invalid /scopes/0"),
        (#"{"name":"x","scopes":["audit:read"]}"#, "invalid /scopes/0"),
        (#"{"name":"x","scopes":["tokens:introspect"]}"#, "done"),
        (#"{"name":"x","id":"y"}"#, "unreadable /id"),
        (#"{"name":"grp_x"}"#, "done"),
    ])
    func `a role has a name of its own and scopes of the catalogue, none of the admin API`(
        body: String,
        expected: String
    ) async throws {
        #expect(
            try await outcome {
                try await booth.administration.createRole(
                    try RoleCreation(parsing: try json(body)),
                    by: booth.root,
                    at: booth.now
                )
            } == expected
        )
    }

    @Test
    func `roles, groups and a role's scopes that are in use stay`() async throws {
        let (desk, root, now) = (booth.administration, booth.root, booth.now)
        #expect(try await outcome { try await desk.deleteRole("reader", by: root, at: now) } == "conflict")
        #expect(try await outcome { try await desk.deleteGroup("blue", by: root, at: now) } == "conflict")
        #expect(
            try await outcome { try await desk.deleteScope("reports:list", by: root, at: now) } == "conflict"
        )
        _ = try await booth.update(admin.id, #"{"roles":[],"groups":[]}"#)
        #expect(try await outcome { try await desk.deleteRole("reader", by: root, at: now) } == "done")
        #expect(try await outcome { try await desk.deleteGroup("blue", by: root, at: now) } == "done")
        #expect(try await outcome { try await desk.deleteScope("reports:list", by: root, at: now) } == "done")
        #expect(try await outcome { try await desk.deleteRole("reader", by: root, at: now) } == "not found")
    }

    @Test
    func `without an admin role there are no roles and groups`() async throws {
        let (desk, now) = (booth.administration, booth.now)
        let stranger = try await booth.administrator(nil)
        let page = PageRequest(limit: 10, after: nil)
        #expect(try await desk.listRoles(page: page, by: stranger, at: now).items.isEmpty)
        #expect(try await desk.listGroups(page: page, by: stranger, at: now).items.isEmpty)
        #expect(try await outcome { try await desk.getRole("reader", by: stranger, at: now) } == "not found")
        #expect(try await outcome { try await desk.deleteGroup("red", by: stranger, at: now) } == "not found")
        #expect(
            try await outcome { try await desk.createRole(RoleCreation(name: "x"), by: stranger, at: now) }
                == "not held "
        )
        #expect(
            try await desk.listRoles(page: page, by: admin, at: now).items.map(\.name) == [
                "empty", "reader", "writer",
            ]
        )
    }

    @Test
    func `no change of a role or group makes a token of a key with it too long`() async throws {
        let (desk, root, now) = (booth.administration, booth.root, booth.now)
        let claims = String(repeating: "c", count: 1900)
        let key = try await booth.create(
            #"{"name":"n","audiences":["https://a.example"],"claims":{"x":"\#(claims)"},"roles":["empty"],"groups":["red"]}"#
        )
        let names = (0..<30).map { "scope:\($0):" + String(repeating: "s", count: 50) }
        for name in names { try await booth.addScope(name) }
        let list = names.map { "\"\($0)\"" }.joined(separator: ",")
        let patch = try RolePatch(parsing: try json(#"{"scopes":[\#(list)]}"#))
        #expect(
            try await outcome { try await desk.updateRole("empty", patch, by: root, at: now) } == "invalid "
        )
        _ = try await booth.update(key.id, #"{"roles":[]}"#)
        #expect(try await outcome { try await desk.updateRole("empty", patch, by: root, at: now) } == "done")
        #expect(try await outcome { try await booth.update(key.id, #"{"roles":["empty"]}"#) } == "invalid ")
    }
}

extension Booth {
    fileprivate func addRole(_ body: String) async throws {
        _ = try await administration.createRole(try RoleCreation(parsing: try json(body)), by: root, at: now)
    }

    fileprivate func addGroup(_ name: String) async throws {
        _ = try await administration.createGroup(GroupCreation(name: name), by: root, at: now)
    }
}
