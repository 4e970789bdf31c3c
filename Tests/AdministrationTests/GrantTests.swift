import AdminAPI
import Administration
import AuthorizationServer
import OAuth
import Testing

@Suite("Nobody grants what they do not hold")
struct GrantTests {
    let booth: Booth
    /// Holds `reports:read`, `https://a.example` and the claim `team`, and all scopes of administration.
    let admin: Administrator

    init() async throws {
        booth = try await Booth()
        for scope in ["reports:read", "reports:write"] { try await booth.addScope(scope) }
        admin = try await booth.administrator(
            "admin",
            scopes: BuiltInScopes.administration + ["reports:read"],
            audiences: ["https://a.example"],
            claims: #"{"team":"blue"}"#
        )
    }

    @Test(arguments: [
        (#"{"name":"n","audiences":["https://a.example"]}"#, "done"),
        (#"{"name":"n","audiences":["https://a.example"],"scopes":["reports:read","keys:write"]}"#, "done"),
        (#"{"name":"n","audiences":["https://a.example"],"scopes":["reports:write"]}"#, "not held /scopes/0"),
        (
            #"{"name":"n","audiences":["https://b.example"],"scopes":["keys:read","tokens:revoke"]}"#,
            "not held /scopes/1 /audiences/0"
        ),
        (#"{"name":"n","audiences":["urn:tokenbooth:admin"]}"#, "not held /audiences/0"),
        (#"{"name":"n"}"#, "not held /audiences"),
        (#"{"name":"n","audiences":["https://a.example"],"claims":{"team":"blue"}}"#, "done"),
        (#"{"name":"n","audiences":["https://a.example"],"claims":{"team":"red"}}"#, "not held /claims"),
        (#"{"name":"n","audiences":["https://a.example"],"claims":{"tier":1}}"#, "not held /claims"),
        (#"{"name":"n","audiences":["https://a.example"],"admin_role":"admin"}"#, "done"),
        (
            #"{"name":"n","audiences":["urn:tokenbooth:admin"],"scopes":["keys:write"],"admin_role":"super_admin"}"#,
            "not held /audiences/0 /admin_role"
        ),
    ])
    func `an admin creates keys with what they hold`(body: String, expected: String) async throws {
        #expect(try await outcome { try await booth.create(body, by: admin) } == expected)
        #expect(
            try await outcome { try await booth.create(body) } == "done",
            "a super admin holds everything"
        )
    }

    @Test(arguments: [
        (#"{"scopes":["reports:write"]}"#, "not held /scopes/0"),
        (#"{"scopes":["reports:read","reports:write"]}"#, "not held /scopes/1"),
        (#"{"scopes":["reports:read"]}"#, "done"),
        (#"{"audiences":["https://b.example"]}"#, "not held /audiences/0"),
        (#"{"audiences":["https://a.example","urn:tokenbooth:admin"]}"#, "not held /audiences/1"),
        (#"{"audiences":[]}"#, "not held /audiences"),
        (#"{"audiences":null}"#, "not held /audiences"),
        (#"{"claims":{"tier":1}}"#, "not held /claims"),
        (#"{"claims":{"team":"blue"}}"#, "done"),
        (#"{"claims":{"team":null}}"#, "done"),
        (#"{"admin_role":"super_admin"}"#, "invalid /audiences /scopes"),
        (
            #"{"admin_role":"super_admin","audiences":["urn:tokenbooth:admin"],"scopes":["keys:write"]}"#,
            "not held /audiences/0 /admin_role"
        ),
        (#"{"admin_role":"admin"}"#, "done"),
    ])
    func `an admin adds to a key what they hold, and a refusal changes nothing`(
        body: String,
        expected: String
    ) async throws {
        let id = try await booth.create(#"{"name":"n","audiences":["https://a.example"]}"#, by: admin).id
        let before = try await booth.stored(id)
        #expect(try await outcome { try await booth.update(id, body, by: admin) } == expected)
        if expected != "done" { #expect(try await booth.stored(id) == before) }
    }

    @Test
    func `what a super admin gave may stay when an admin changes the key`() async throws {
        let id = try await booth.create(#"{"name":"n","audiences":["https://a.example"]}"#, by: admin).id
        let rich = """
            {"scopes":["reports:write"],"audiences":["https://b.example"],"claims":{"tier":1},"admin_role":"admin"}
            """
        _ = try await booth.update(id, rich)
        #expect(try await outcome { try await booth.update(id, rich, by: admin) } == "done")
        #expect(
            try await outcome {
                try await booth.update(
                    id,
                    #"{"name":"m","scopes":["reports:read","reports:write"]}"#,
                    by: admin
                )
            } == "done"
        )
    }

    @Test
    func `a token with fewer scopes than its key gives only those`() async throws {
        let narrow = Administrator(id: admin.id, scopes: ["keys:write"])
        let body = #"{"name":"n","audiences":["https://a.example"],"scopes":["keys:write","reports:read"]}"#
        #expect(try await outcome { try await booth.create(body, by: narrow) } == "not held /scopes/1")
    }

    @Test
    func `a token with more scopes than its key gives only what the key has`() async throws {
        let wide = Administrator(id: admin.id, scopes: admin.scopes + ["reports:write"])
        let body = #"{"name":"n","audiences":["https://a.example"],"scopes":["reports:write"]}"#
        #expect(try await outcome { try await booth.create(body, by: wide) } == "not held /scopes/0")
    }

    @Test
    func `a project's defaults are a grant too`() async throws {
        let defaults = try ProjectPatch(parsing: try json(#"{"default_scopes":["reports:write"]}"#))
        let (desk, now) = (booth.administration, booth.now)
        #expect(
            try await outcome { try await desk.updateProject(booth.project, defaults, by: admin, at: now) }
                == "not held /default_scopes/0"
        )
        _ = try await desk.updateProject(booth.project, defaults, by: booth.root, at: now)
        let bare = #"{"name":"n","audiences":["https://a.example"]}"#
        #expect(try await outcome { try await booth.create(bare, by: admin) } == "not held /scopes/0")
        #expect(try await booth.create(bare).scopes == ["reports:write"])
    }

    @Test
    func `moving a default audience to the front gives it to keys, and a key to another project gives its`()
        async throws
    {
        let (desk, now) = (booth.administration, booth.now)
        let two = try ProjectCreation(
            parsing: try json(
                #"{"name":"two","default_audiences":["https://a.example","https://b.example"]}"#
            )
        )
        let project = try await desk.createProject(two, by: booth.root, at: now)
        let swapped = try ProjectPatch(
            parsing: try json(#"{"default_audiences":["https://b.example","https://a.example"]}"#)
        )
        #expect(
            try await outcome { try await desk.updateProject(project.id, swapped, by: admin, at: now) }
                == "not held /default_audiences/0"
        )
        let key = try await booth.create(#"{"name":"n","project":"two"}"#, by: admin)
        #expect(key.audiences.isEmpty && key.project == project.id)
        #expect(
            try await outcome { try await booth.update(key.id, #"{"project":"default"}"#, by: admin) }
                == "not held /audiences"
        )
        #expect(
            try await outcome { try await booth.update(key.id, #"{"project":"two"}"#, by: admin) } == "done"
        )
    }
}
