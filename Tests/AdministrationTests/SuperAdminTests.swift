import AdminAPI
import Administration
import AuthorizationServer
import OAuth
import SQLiteStore
import Testing

@Suite("The last super admin stays")
struct SuperAdminTests {
    let booth: Booth

    init() async throws { booth = try await Booth() }

    static let ends = [
        #"{"admin_role":null}"#, #"{"admin_role":"admin"}"#, #"{"expires_at":"2027-01-15T08:00:01Z"}"#,
    ]

    // threats: ADM-04
    @Test(arguments: ends)
    func `no change may end the last one`(body: String) async throws {
        let before = try await booth.stored(booth.root.id)
        #expect(try await outcome { try await booth.update(booth.root.id, body) } == "conflict")
        #expect(try await booth.stored(booth.root.id) == before)
        _ = try await booth.administrator("super_admin")
        #expect(try await outcome { try await booth.update(booth.root.id, body) } == "done")
    }

    // threats: ADM-04
    @Test
    func `the last one is neither deleted nor disabled`() async throws {
        let (desk, now, root) = (booth.administration, booth.now, booth.root)
        #expect(try await outcome { try await desk.deleteKey(root.id, by: root, at: now) } == "conflict")
        #expect(try await outcome { try await desk.disableKey(root.id, by: root, at: now) } == "conflict")
        let second = try await booth.administrator("super_admin")
        _ = try await desk.disableKey(root.id, by: second, at: now)
        #expect(try await outcome { try await desk.deleteKey(second.id, by: second, at: now) } == "conflict")
        _ = try await desk.enableKey(root.id, by: second, at: now)
        #expect(try await outcome { try await desk.deleteKey(second.id, by: second, at: now) } == "done")
    }

    // threats: ADM-04
    @Test
    func `an expiry counts who is left when it comes`() async throws {
        let second = try await booth.administrator("super_admin")
        _ = try await booth.update(second.id, #"{"expires_at":"2027-06-01T00:00:00Z"}"#)
        let later = #"{"expires_at":"2027-07-01T00:00:00Z"}"#
        let sooner = #"{"expires_at":"2027-05-01T00:00:00Z"}"#
        #expect(try await outcome { try await booth.update(booth.root.id, later) } == "conflict")
        #expect(try await outcome { try await booth.update(booth.root.id, sooner) } == "done")
        #expect(try await outcome { try await booth.update(second.id, #"{"expires_at":null}"#) } == "done")
    }

    // threats: ADM-04
    @Test
    func `of super admins who all demote themselves at once, one remains`() async throws {
        var admins = [booth.root]
        for _ in 0..<7 { admins.append(try await booth.administrator("super_admin")) }
        let outcomes = try await withThrowingTaskGroup(of: String.self) { [booth] group in
            for admin in admins {
                group.addTask {
                    try await outcome { try await booth.update(admin.id, #"{"admin_role":null}"#, by: admin) }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0 == "done" } == 7)
        #expect(outcomes.count { $0 == "conflict" } == 1)
        let now = booth.now
        #expect(try await booth.store.read { try $0.countSuperAdmins(at: now) } == 1)
    }

    // threats: ADM-04
    @Test(arguments: [
        (#"{"scopes":[]}"#, "invalid /scopes"),
        (#"{"scopes":["keys:read"]}"#, "invalid /scopes"),
        (#"{"audiences":["https://a.example"]}"#, "invalid /audiences"),
        (#"{"audiences":null,"scopes":null}"#, "invalid /audiences /scopes"),
        (#"{"audiences":null,"scopes":null,"admin_role":null}"#, "done"),
        (#"{"grant_types":[]}"#, "invalid /grant_types"),
        (#"{"grant_types":["refresh_token"]}"#, "invalid /grant_types"),
        (#"{"grant_types":["client_credentials"]}"#, "done"),
        (#"{"grant_types":["urn:ietf:params:oauth:grant-type:token-exchange"]}"#, "done"),
        (#"{"allowed_ips":[]}"#, "invalid /allowed_ips"),
        (#"{"allowed_ips":["192.0.2.1"]}"#, "done"),
        (#"{"allowed_referrers":[]}"#, "invalid /allowed_referrers"),
        (#"{"allowed_referrers":["https://a.example"]}"#, "done"),
        (#"{"allowed_ips":[],"grant_types":[],"admin_role":"admin"}"#, "done"),
    ])
    func `a super admin always can administer`(body: String, expected: String) async throws {
        let second = try await booth.administrator("super_admin")
        for id in [second.id, booth.root.id] {
            let before = try await booth.stored(id)
            #expect(try await outcome { try await booth.update(id, body, by: second) } == expected)
            guard expected != "done" else { break }
            #expect(try await booth.stored(id) == before)
        }
        let bare = #"{"name":"n","admin_role":"super_admin"}"#
        #expect(try await outcome { try await booth.create(bare) } == "invalid /audiences /scopes")
    }

    // threats: ADM-04
    @Test
    func `no project lets its super admins in from nowhere`() async throws {
        let (desk, root, now) = (booth.administration, booth.root, booth.now)
        let nowhere = try ProjectPatch(parsing: try json(#"{"allowed_ips":[]}"#))
        let elsewhere = try ProjectPatch(parsing: try json(#"{"allowed_ips":["192.0.2.1"]}"#))
        func update(_ id: ProjectID, _ patch: ProjectPatch) async throws -> String {
            try await outcome { try await desk.updateProject(id, patch, by: root, at: now) }
        }
        // The root key is not held to the addresses of its project.
        #expect(try await update(booth.project, nowhere) == "done")
        let body =
            #"{"name":"n","admin_role":"super_admin","scopes":["keys:write"],"audiences":["urn:tokenbooth:admin"]}"#
        #expect(try await outcome { try await booth.create(body) } == "invalid /project")
        #expect(try await update(booth.project, elsewhere) == "done")
        let second = try await booth.create(body)
        #expect(try await update(booth.project, nowhere) == "conflict")
        #expect(try await desk.getProject(booth.project, by: root, at: now).allowedAddresses?.count == 1)
        let closed = try ProjectCreation(parsing: try json(#"{"name":"closed","allowed_ips":[]}"#))
        _ = try await desk.createProject(closed, by: root, at: now)
        #expect(
            try await outcome { try await booth.update(second.id, #"{"project":"closed"}"#) }
                == "invalid /project"
        )
        try await desk.deleteKey(second.id, by: root, at: now)
        #expect(try await update(booth.project, nowhere) == "done")
        #expect(
            try await outcome { try await booth.update(root.id, #"{"project":"closed"}"#) } == "done",
            "not held to it there either"
        )
    }

    @Test
    func `what does not end the last one is done`() async throws {
        let body = #"{"name":"renamed","admin_role":"super_admin","expires_at":null,"allowed_ips":null}"#
        #expect(try await outcome { try await booth.update(booth.root.id, body) } == "done")
    }
}
