import AdminAPI
import Administration
import AuthorizationServer
import OAuth
import SQLiteStore
import Testing

@Suite("Who may do what to which key")
struct RightsTests {
    enum Caller: String, CaseIterable { case root, admin, narrow, plain, disabled, stripped, moved }
    enum Target: String, CaseIterable { case own, ownAdmin, promoted, itself, creator, foreign, unknown }

    /// Columns: show, change, disable, enable, delete.
    static let table: [(caller: Caller, target: Target, outcomes: [String])] = [
        (.root, .own, ["done", "done", "done", "done", "done"]),
        (.root, .promoted, ["done", "done", "done", "done", "done"]),
        (.root, .foreign, ["done", "done", "done", "done", "done"]),
        (.root, .unknown, Array(repeating: "not found", count: 5)),
        (.admin, .own, ["done", "done", "done", "done", "done"]),
        (.admin, .ownAdmin, ["done", "done", "done", "done", "done"]),
        (.admin, .promoted, ["done", "not found", "not found", "not found", "not found"]),
        (.admin, .itself, ["done", "not found", "not found", "not found", "not found"]),
        (.admin, .creator, Array(repeating: "not found", count: 5)),
        (.admin, .foreign, Array(repeating: "not found", count: 5)),
        (.admin, .unknown, Array(repeating: "not found", count: 5)),
        (.narrow, .own, ["done", "no scope", "no scope", "no scope", "no scope"]),
        (.narrow, .foreign, ["not found", "no scope", "no scope", "no scope", "no scope"]),
        (.plain, .itself, Array(repeating: "not found", count: 5)),
        (.plain, .foreign, Array(repeating: "not found", count: 5)),
        (.disabled, .own, Array(repeating: "no scope", count: 5)),
        (.stripped, .own, ["done", "no scope", "no scope", "no scope", "no scope"]),
        (.moved, .own, Array(repeating: "no scope", count: 5)),
    ]

    // threats: ADM-01
    @Test(arguments: table.indices)
    func `every row of the table holds`(row: Int) async throws {
        let (caller, target, outcomes) = Self.table[row]
        let booth = try await Booth()
        let admin = try await booth.administrator("admin")
        let own = try await booth.create(#"{"name":"own","scopes":[],"audiences":["urn:tokenbooth:admin"]}"#)
            .id
        let foreign = try await booth.create(#"{"name":"foreign"}"#).id
        // Whatever the caller is, it is the one that created the targets called its own.
        let callers: [Caller: Administrator] = [
            .root: booth.root, .admin: admin, .narrow: Administrator(id: admin.id, scopes: ["keys:read"]),
            .plain: try await booth.administrator(nil), .disabled: admin, .stripped: admin, .moved: admin,
        ]
        let asking = try #require(callers[caller])
        let granted = try await booth.administrator("admin")
        let targets: [Target: KeyID] = [
            .own: try await give(own, to: asking.id, booth),
            .ownAdmin: try await give(granted.id, to: asking.id, booth),
            .promoted: try await give(try await booth.administrator("super_admin").id, to: asking.id, booth),
            .itself: asking.id, .creator: booth.root.id, .foreign: foreign,
            .unknown: KeyID(booth.identifiers.next(at: booth.now)),
        ]
        let id = try #require(targets[target])
        switch caller {
        case .disabled: _ = try await booth.administration.disableKey(admin.id, by: booth.root, at: booth.now)
        case .stripped: _ = try await booth.update(admin.id, #"{"scopes":["keys:read"]}"#)
        case .moved: _ = try await booth.update(admin.id, #"{"audiences":["https://a.example"]}"#)
        default: break
        }

        let (desk, now) = (booth.administration, booth.now)
        let found = [
            try await outcome { try await desk.getKey(id, by: asking, at: now) },
            try await outcome { try await booth.update(id, #"{"description":"changed"}"#, by: asking) },
            try await outcome { try await desk.disableKey(id, by: asking, at: now) },
            try await outcome { try await desk.enableKey(id, by: asking, at: now) },
            try await outcome { try await desk.deleteKey(id, by: asking, at: now) },
        ]
        #expect(found == outcomes, "\(caller) on \(target)")
    }

    /// Straight into the row, as if `owner` had created the key.
    private func give(_ id: KeyID, to owner: KeyID, _ booth: Booth) async throws -> KeyID {
        // The store keeps an owner for good, so the key is made anew.
        let copy = KeyID(booth.identifiers.next(at: booth.now))
        try await booth.store.write { writer in
            guard var key = try writer.key(id) else { return }
            key.owner = owner
            key.id = copy
            key.digest = APIKey.generate().digest
            try writer.insert(key)
        }
        return copy
    }

    // threats: ADM-01
    @Test
    func `a list shows what may be shown one by one`() async throws {
        let booth = try await Booth()
        let admin = try await booth.administrator("admin")
        let other = try await booth.administrator("admin")
        let plain = try await booth.administrator(nil)
        let own = try await booth.create(#"{"name":"own","audiences":["urn:tokenbooth:admin"]}"#).id
        func names(_ caller: Administrator) async throws -> Set<KeyID> {
            // A filter from outside never widens what is visible.
            let filter = KeyFilter(visibleTo: booth.root.id)
            let page = try await booth.administration.listKeys(
                filter,
                project: nil,
                page: PageRequest(limit: 50, after: nil),
                by: caller,
                at: booth.now
            )
            return Set(page.items.map(\.id))
        }
        #expect(try await names(booth.root) == [booth.root.id, admin.id, other.id, plain.id, own])
        #expect(try await names(admin) == [admin.id])
        #expect(try await names(plain).isEmpty)
    }

    @Test
    func `without an admin role nothing can be created, changed or seen`() async throws {
        let booth = try await Booth()
        let plain = try await booth.administrator(nil)
        let (desk, now) = (booth.administration, booth.now)
        let page = PageRequest(limit: 50, after: nil)
        #expect(try await outcome { try await booth.create(#"{"name":"n"}"#, by: plain) } == "not held ")
        #expect(
            try await outcome { try await desk.createProject(.init(name: "p"), by: plain, at: now) }
                == "not held "
        )
        #expect(
            try await outcome { try await desk.createScope(.init(name: "s"), by: plain, at: now) }
                == "not held "
        )
        #expect(
            try await outcome { try await desk.createAudience(.init(name: "a"), by: plain, at: now) }
                == "not held "
        )
        #expect(
            try await outcome { try await desk.getProject(booth.project, by: plain, at: now) } == "not found"
        )
        #expect(try await outcome { try await desk.getScope("keys:read", by: plain, at: now) } == "not found")
        #expect(try await desk.listProjects(page: page, by: plain, at: now).items.isEmpty)
        #expect(try await desk.listScopes(page: page, by: plain, at: now).items.isEmpty)
        #expect(try await desk.listAudiences(page: page, by: plain, at: now).items.isEmpty)
    }
}
