import AdminAPI
import Administration
import OAuth
import Testing

@Suite("Nobody changes by what keys share those that they may not change one by one")
struct SharedThingsTests {
    /// Whose key has the role, the audience and the project that the admin changes.
    enum Holder: CaseIterable, Sendable {
        case nobody, oneOfTheirs, oneOfTheirsThatIsRevoked, oneOfTheirsThatIsASuperAdmin, somebodyElse
        case somebodyElseRevoked

        var isForeign: Bool { self == .somebodyElse || self == .oneOfTheirsThatIsASuperAdmin }
    }

    let booth: Booth
    /// Holds the role `reader`, the scope that it brings, and `https://a.example`.
    let admin: Administrator
    private let project: ProjectID

    init() async throws {
        booth = try await Booth()
        let (desk, root, now) = (booth.administration, booth.root, booth.now)
        for scope in ["reports:read", "reports:write"] { try await booth.addScope(scope) }
        let role = try RoleCreation(parsing: try json(#"{"name":"reader","scopes":["reports:read"]}"#))
        _ = try await desk.createRole(role, by: root, at: now)
        let shared = try ProjectCreation(
            parsing: try json(
                #"{"name":"shared","default_audiences":["https://a.example","https://b.example"]}"#
            )
        )
        project = try await desk.createProject(shared, by: root, at: now).id
        admin = try await booth.administrator(
            "admin",
            scopes: BuiltInScopes.administration + ["reports:read", "reports:write"],
            audiences: ["https://a.example", "https://b.example"]
        )
    }

    /// - Parameter audiences: A member; without it the key has the project's.
    private func hold(_ holder: Holder, _ audiences: String = "") async throws {
        let body = #"{"name":"n","project":"shared"\#(audiences)}"#
        guard holder != .nobody else { return }
        let isTheirs = ![.somebodyElse, .somebodyElseRevoked].contains(holder)
        let id = try await booth.create(body, by: isTheirs ? admin : nil).id
        _ = try await booth.update(id, #"{"roles":["reader"]}"#)
        switch holder {
        case .oneOfTheirsThatIsRevoked, .somebodyElseRevoked:
            try await booth.administration.deleteKey(id, by: booth.root, at: booth.now)
        case .oneOfTheirsThatIsASuperAdmin:
            _ = try await booth.update(
                id,
                """
                {"admin_role":"super_admin","scopes":["keys:write"],
                "audiences":["urn:tokenbooth:admin","https://b.example"]}
                """
            )
        default: break
        }
    }

    // threats: ADM-01
    @Test(arguments: Holder.allCases)
    func `the scopes of a role`(holder: Holder) async throws {
        try await hold(holder)
        let (desk, now) = (booth.administration, booth.now)
        func update(_ body: String, _ by: Administrator) async throws -> String {
            let patch = try RolePatch(parsing: try json(body))
            return try await outcome { try await desk.updateRole("reader", patch, by: by, at: now) }
        }
        let expected = holder.isForeign ? "not held /scopes" : "done"
        #expect(try await update(#"{"description":"d","scopes":["reports:read"]}"#, admin) == "done")
        #expect(try await update(#"{"scopes":["reports:read","reports:write"]}"#, admin) == expected)
        #expect(try await update(#"{"scopes":["reports:read","reports:write"]}"#, booth.root) == "done")
        #expect(try await update(#"{"scopes":["reports:write"]}"#, admin) == expected)
        #expect(try await update(#"{"scopes":[]}"#, booth.root) == "done")
    }

    // threats: ADM-01
    @Test(arguments: Holder.allCases)
    func `what a project gives its keys`(holder: Holder) async throws {
        try await hold(holder)
        let (desk, now) = (booth.administration, booth.now)
        func update(_ body: String) async throws -> String {
            let patch = try ProjectPatch(parsing: try json(body))
            return try await outcome { try await desk.updateProject(project, patch, by: admin, at: now) }
        }
        let isForeign = holder.isForeign
        let life = try await update(#"{"access_token_ttl":60}"#)
        #expect(life == (isForeign ? "not held /access_token_ttl" : "done"))
        let swapped = #"{"default_audiences":["https://b.example","https://a.example"]}"#
        #expect(try await update(swapped) == (isForeign ? "not held /default_audiences" : "done"))
        #expect(try await update(#"{"name":"renamed","default_scopes":["reports:read"]}"#) == "done")
        let patch = try ProjectPatch(parsing: try json(#"{"access_token_ttl":90,"default_audiences":[]}"#))
        #expect(
            try await outcome { try await desk.updateProject(project, patch, by: booth.root, at: now) }
                == "done"
        )
    }

    // threats: ADM-01
    @Test(arguments: Holder.allCases)
    func `how the tokens for an audience look, by a project's default`(holder: Holder) async throws {
        try await hold(holder)
        // The super admin has audiences of its own.
        try await change("https://a.example", isRefused: holder == .somebodyElse)
    }

    // threats: ADM-01
    @Test(arguments: Holder.allCases)
    func `how the tokens for an audience look, by a key's own`(holder: Holder) async throws {
        try await hold(holder, #","audiences":["https://a.example","https://b.example"]"#)
        try await change("https://b.example", isRefused: holder.isForeign)
    }

    /// Registers it as the admin, otherwise than it is by itself, and changes it.
    private func change(_ name: String, isRefused: Bool) async throws {
        let (desk, now) = (booth.administration, booth.now)
        let other = AudienceCreation(name: name, typ: "JWT")
        #expect(
            try await outcome { try await desk.createAudience(other, by: admin, at: now) }
                == (isRefused ? "not held /typ" : "done")
        )
        if isRefused {
            // As it is by itself it changes nobody's tokens.
            _ = try await desk.createAudience(AudienceCreation(name: name), by: admin, at: now)
        }
        let patch = try AudiencePatch(parsing: try json(#"{"alg":"EdDSA"}"#))
        let same = try AudiencePatch(parsing: try json("{}"))
        #expect(
            try await outcome { try await desk.updateAudience(name, patch, by: admin, at: now) }
                == (isRefused ? "not held /alg" : "done")
        )
        #expect(try await outcome { try await desk.updateAudience(name, same, by: admin, at: now) } == "done")
        #expect(
            try await outcome { try await desk.updateAudience(name, patch, by: booth.root, at: now) }
                == "done"
        )
    }
}
