import AdminAPI
import Administration
import OAuth
import Testing

@Suite("tokens:revoke stays within the project of whoever gives it")
struct RevocationGrantTests {
    let booth: Booth
    /// In the project `default`: holds `tokens:revoke` by itself, and the role `plain`, which brings nothing.
    let admin: Administrator

    init() async throws {
        booth = try await Booth()
        let (desk, root, now) = (booth.administration, booth.root, booth.now)
        _ = try await desk.createProject(ProjectCreation(name: "other"), by: root, at: now)
        for role in [#"{"name":"plain"}"#, #"{"name":"revoker","scopes":["tokens:revoke"]}"#] {
            _ = try await desk.createRole(RoleCreation(parsing: try json(role)), by: root, at: now)
        }
        let scopes = BuiltInScopes.administration + ["tokens:revoke"]
        let list = scopes.map { "\"\($0)\"" }.joined(separator: ",")
        let key = try await booth.create(
            """
            {"name":"admin","admin_role":"admin","audiences":["urn:tokenbooth:admin","https://a.example"],
            "scopes":[\(list)],"roles":["plain","revoker"]}
            """
        )
        admin = Administrator(id: key.id, scopes: key.heldScopes)
    }

    private func made(_ members: String) async throws -> KeyID {
        try await booth.create(#"{"name":"n","audiences":["https://a.example"]\#(members)}"#, by: admin).id
    }

    // threats: ADM-01
    @Test(arguments: [
        (#""project":"other","scopes":["tokens:revoke"]"#, "not held /project"),
        (#""project":"other","roles":["revoker"]"#, "not held /project"),
        (#""project":"other""#, "done"),
        (#""project":"other","scopes":["keys:read"],"roles":["plain"]"#, "done"),
        (#""project":"default","scopes":["tokens:revoke"]"#, "done"),
        (#""scopes":["tokens:revoke"],"roles":["revoker"]"#, "done"),
    ])
    func `a new key has it in the creator's project only`(members: String, expected: String) async throws {
        let body = #"{"name":"n","audiences":["https://a.example"],\#(members)}"#
        #expect(try await outcome { try await booth.create(body, by: admin) } == expected)
        #expect(try await outcome { try await booth.create(body) } == "done", "a super admin may")
    }

    // threats: ADM-01
    @Test(arguments: [
        (#","scopes":["tokens:revoke"]"#, #"{"project":"other"}"#, "not held /project"),
        (#","roles":["revoker"]"#, #"{"project":"other"}"#, "not held /project"),
        (#","project":"other""#, #"{"scopes":["tokens:revoke"]}"#, "not held /project"),
        (#","project":"other""#, #"{"roles":["revoker"]}"#, "not held /project"),
        (#","project":"other""#, #"{"roles":["plain"]}"#, "done"),
        (#","scopes":["tokens:revoke"]"#, #"{"project":"other","scopes":[]}"#, "done"),
        (#","project":"other""#, #"{"project":"default","scopes":["tokens:revoke"]}"#, "done"),
        (#","scopes":["tokens:revoke"]"#, #"{"name":"m","roles":["revoker"]}"#, "done"),
    ])
    func `no change takes it into another project`(members: String, patch: String, expected: String)
        async throws
    {
        let id = try await made(members)
        let before = try await booth.stored(id)
        #expect(try await outcome { try await booth.update(id, patch, by: admin) } == expected)
        if expected != "done" { #expect(try await booth.stored(id) == before) }
        #expect(try await outcome { try await booth.update(id, patch) } == "done", "a super admin may")
        #expect(
            try await outcome { try await booth.update(id, #"{"description":"d"}"#, by: admin) } == "done",
            "what stays is no grant"
        )
    }

    // threats: ADM-01
    @Test
    func `no role gets it that keys have, and no secret of such a key is given out`() async throws {
        let (desk, now) = (booth.administration, booth.now)
        let patch = try RolePatch(parsing: try json(#"{"scopes":["tokens:revoke"]}"#))
        let id = try await made(#","project":"other","roles":["plain"]"#)
        #expect(
            try await outcome { try await desk.updateRole("plain", patch, by: admin, at: now) }
                == "not held /scopes"
        )
        _ = try await desk.updateRole("plain", patch, by: booth.root, at: now)
        let order = try KeyRotationOrder(parsing: try json("{}"))
        #expect(
            try await outcome { try await desk.rotateKey(id, order, by: admin, at: now) }
                == "not held /project"
        )
        #expect(try await outcome { try await desk.rotateKey(id, order, by: booth.root, at: now) } == "done")
    }

    @Test
    func `a role that nobody has gets it from whoever holds it`() async throws {
        let (desk, now) = (booth.administration, booth.now)
        _ = try await desk.createRole(RoleCreation(name: "new"), by: admin, at: now)
        let patch = try RolePatch(parsing: try json(#"{"scopes":["tokens:revoke"]}"#))
        #expect(try await outcome { try await desk.updateRole("new", patch, by: admin, at: now) } == "done")
    }
}
