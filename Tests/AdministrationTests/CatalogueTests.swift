import AdminAPI
import Administration
import AuthorizationServer
import OAuth
import Testing

@Suite("Projects, scopes and audiences")
struct CatalogueTests {
    let booth: Booth
    let page = PageRequest(limit: 200, after: nil)

    init() async throws { booth = try await Booth() }

    @Test
    func `the catalogue begins with the built-in scopes, which stay as they are`() async throws {
        let (desk, now, root) = (booth.administration, booth.now, booth.root)
        let scopes = try await desk.listScopes(page: page, by: root, at: now).items
        #expect(Set(scopes.map(\.name)) == Set(BuiltInScopes.all))
        #expect(scopes.map(\.name) == scopes.map(\.name).sorted())
        let described = try ScopePatch(parsing: try json(#"{"description":"mine"}"#))
        for scope in scopes {
            #expect(scope.isBuiltIn)
            #expect(
                try await outcome { try await desk.deleteScope(scope.name, by: root, at: now) } == "conflict"
            )
            #expect(
                try await outcome { try await desk.updateScope(scope.name, described, by: root, at: now) }
                    == "conflict"
            )
            #expect(
                try await outcome { try await desk.createScope(.init(name: scope.name), by: root, at: now) }
                    == "conflict"
            )
        }
    }

    @Test
    func `every operation is opened by a scope of the catalogue`() {
        let names = Set(BuiltInScopes.administration)
        for operation in AdminOperation.allCases { #expect(names.contains(operation.scope)) }
    }

    @Test
    func `a scope lives until nobody needs it`() async throws {
        let (desk, now, root) = (booth.administration, booth.now, booth.root)
        try await booth.addScope("reports:read")
        #expect(try await outcome { try await booth.addScope("reports:read") } == "conflict")
        #expect(try await outcome { try await booth.addScope("Reports:read") } == "done")
        let key = try await booth.create(#"{"name":"n","scopes":["reports:read"]}"#)
        #expect(
            try await outcome { try await desk.deleteScope("reports:read", by: root, at: now) } == "conflict"
        )
        try await desk.deleteKey(key.id, by: root, at: now)
        let defaults = try ProjectPatch(parsing: try json(#"{"default_scopes":["reports:read"]}"#))
        _ = try await desk.updateProject(booth.project, defaults, by: root, at: now)
        #expect(
            try await outcome { try await desk.deleteScope("reports:read", by: root, at: now) } == "conflict"
        )
        let none = try ProjectPatch(parsing: try json(#"{"default_scopes":null}"#))
        _ = try await desk.updateProject(booth.project, none, by: root, at: now)
        let patch = try ScopePatch(parsing: try json(#"{"description":"d"}"#))
        #expect(try await desk.updateScope("reports:read", patch, by: root, at: now).description == "d")
        #expect(try await outcome { try await desk.deleteScope("reports:read", by: root, at: now) } == "done")
        #expect(
            try await outcome { try await desk.getScope("reports:read", by: root, at: now) } == "not found"
        )
        #expect(
            try await outcome { try await desk.deleteScope("reports:read", by: root, at: now) } == "not found"
        )
    }

    @Test(arguments: [
        (#"{"name":"p"}"#, "done"),
        (#"{"name":"default"}"#, "conflict"),
        (#"{"name":"p","default_scopes":["unknown"]}"#, "invalid /default_scopes/0"),
        (#"{"name":"p","default_audiences":["x","urn:tokenbooth:admin"]}"#, "invalid /default_audiences/1"),
        (#"{"name":"p","allowed_ips":["10.1"]}"#, "invalid /allowed_ips/0"),
        (#"{"name":"p","access_token_ttl":1801}"#, "invalid /access_token_ttl"),
    ])
    func `a project is judged when it is created and when it is changed`(body: String, expected: String)
        async throws
    {
        let (desk, now, root) = (booth.administration, booth.now, booth.root)
        let creation = try ProjectCreation(parsing: try json(body))
        #expect(try await outcome { try await desk.createProject(creation, by: root, at: now) } == expected)
        let other = try await desk.createProject(ProjectCreation(name: "other"), by: root, at: now)
        let patch = try ProjectPatch(parsing: try json(body.replacing(#""p""#, with: #""q""#)))
        #expect(
            try await outcome { try await desk.updateProject(other.id, patch, by: root, at: now) } == expected
        )
        if expected != "done" {
            #expect(try await desk.getProject(other.id, by: root, at: now).name == "other")
        }
    }

    @Test
    func `the default project keeps its name, and projects with keys stay`() async throws {
        let (desk, now, root) = (booth.administration, booth.now, booth.root)
        let renamed = try ProjectPatch(parsing: try json(#"{"name":"other"}"#))
        let same = try ProjectPatch(parsing: try json(#"{"name":"default"}"#))
        #expect(
            try await outcome { try await desk.updateProject(booth.project, renamed, by: root, at: now) }
                == "conflict"
        )
        #expect(
            try await outcome { try await desk.updateProject(booth.project, same, by: root, at: now) }
                == "done"
        )
        #expect(
            try await outcome { try await desk.deleteProject(booth.project, by: root, at: now) } == "conflict"
        )
        let empty = try await desk.createProject(ProjectCreation(name: "empty"), by: root, at: now)
        let used = try await desk.createProject(ProjectCreation(name: "used"), by: root, at: now)
        let key = try await booth.create(#"{"name":"n","project":"\#(used.id)"}"#)
        try await desk.deleteKey(key.id, by: root, at: now)
        #expect(try await outcome { try await desk.deleteProject(used.id, by: root, at: now) } == "conflict")
        #expect(try await outcome { try await desk.deleteProject(empty.id, by: root, at: now) } == "done")
        #expect(try await outcome { try await desk.getProject(empty.id, by: root, at: now) } == "not found")
    }

    @Test(arguments: [
        (#"{"name":"https://a.example"}"#, "done"),
        (#"{"name":"https://a.example","typ":"JWT","alg":"EdDSA"}"#, "done"),
        (#"{"name":"https://a.example","alg":"RS256"}"#, "invalid /alg"),
        (#"{"name":"https://a.example","alg":"none"}"#, "invalid /alg"),
        (#"{"name":"urn:tokenbooth:admin"}"#, "invalid /name"),
    ])
    func `an audience is judged`(body: String, expected: String) async throws {
        let creation = try AudienceCreation(parsing: try json(body))
        let (desk, now, root) = (booth.administration, booth.now, booth.root)
        #expect(try await outcome { try await desk.createAudience(creation, by: root, at: now) } == expected)
    }

    @Test
    func `an audience is registered once, changed, and forgotten when nobody names it`() async throws {
        let (desk, now, root) = (booth.administration, booth.now, booth.root)
        let name = "https://a.example"
        _ = try await desk.createAudience(AudienceCreation(name: name), by: root, at: now)
        #expect(
            try await outcome {
                try await desk.createAudience(AudienceCreation(name: name), by: root, at: now)
            }
                == "conflict"
        )
        let patch = try AudiencePatch(parsing: try json(#"{"typ":"JWT","alg":"EdDSA"}"#))
        let changed = try await desk.updateAudience(name, patch, by: root, at: now)
        #expect(changed == AudienceRecord(name: name, type: "JWT", algorithm: "EdDSA"))
        let back = try AudiencePatch(parsing: try json(#"{"typ":null,"alg":null}"#))
        #expect(try await desk.updateAudience(name, back, by: root, at: now) == AudienceRecord(name: name))
        let key = try await booth.create(
            #"{"name":"n","audiences":["https://a.example","https://unregistered.example"]}"#
        )
        #expect(try await outcome { try await desk.deleteAudience(name, by: root, at: now) } == "conflict")
        try await desk.deleteKey(key.id, by: root, at: now)
        #expect(try await outcome { try await desk.deleteAudience(name, by: root, at: now) } == "done")
        #expect(try await outcome { try await desk.getAudience(name, by: root, at: now) } == "not found")
    }
}
