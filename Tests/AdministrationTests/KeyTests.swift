import AdminAPI
import Administration
import AuthorizationServer
import OAuth
import Primitives
import SQLiteStore
import Testing

@Suite("API keys: created, changed, revoked")
struct KeyTests {
    let booth: Booth

    init() async throws { booth = try await Booth() }

    @Test
    func `a key that says only its name gets the documented defaults`() async throws {
        let (key, secret) = try await booth.administration.createKey(
            KeyCreation(name: "n"),
            by: booth.root,
            at: booth.now
        )
        #expect(key.project == booth.project && key.owner == booth.root.id)
        #expect(key.subject == key.id.description)
        #expect(key.scopes.isEmpty && key.audiences.isEmpty && key.claims.members.isEmpty)
        #expect(key.grantTypes == [.clientCredentials, .tokenExchange])
        #expect(key.adminRole == nil && key.allowedAddresses == nil && key.expiresAt == nil)
        #expect(key.status(at: booth.now) == .active)
        #expect(key.digest == secret.digest && key.hint == secret.hint)
        #expect(try await booth.store.read { try $0.key(key.id) }?.digest == secret.digest)
    }

    // threats: IPA-04, IPA-05
    @Test(arguments: [
        (#"{"scopes":["unknown"]}"#, "invalid /scopes/0"),
        (#"{"scopes":["keys:read","unknown","Keys:read"]}"#, "invalid /scopes/1 /scopes/2"),
        (#"{"project":"nowhere"}"#, "invalid /project"),
        (#"{"project":"prj_01arz3ndektsv4rrffq69g5fav"}"#, "invalid /project"),
        (#"{"subject":"key_01arz3ndektsv4rrffq69g5fav"}"#, "invalid /subject"),
        (#"{"subject":"key_"}"#, "invalid /subject"),
        (#"{"subject":"alice"}"#, "done"),
        (#"{"access_token_ttl":1800}"#, "done"),
        (#"{"access_token_ttl":1801}"#, "invalid /access_token_ttl"),
        (#"{"expires_at":"2027-01-15T08:00:00Z"}"#, "invalid /expires_at"),
        (#"{"expires_at":"2027-01-15T08:00:01Z"}"#, "done"),
        (#"{"expires_at":"1970-01-01T00:00:00Z"}"#, "invalid /expires_at"),
        (#"{"allowed_ips":["10.0.0.0/8","2001:db8::/32"]}"#, "done"),
        (#"{"allowed_ips":[]}"#, "done"),
        (
            #"{"allowed_ips":["10.0.0.0/8","010.0.0.1","::ffff:10.0.0.0/104"]}"#,
            "invalid /allowed_ips/1 /allowed_ips/2"
        ),
        (#"{"claims":{"nonce":1}}"#, "unreadable /claims/nonce"),
    ])
    func `creation and change refuse the same, and store nothing then`(body: String, expected: String)
        async throws
    {
        let named = #"{"name":"n","# + body.dropFirst()
        #expect(try await outcome { try await booth.create(String(named)) } == expected)
        let count = try await keys().count
        #expect(count == (expected == "done" ? 2 : 1))

        let id = try await booth.create(#"{"name":"n"}"#).id
        let before = try await booth.stored(id)
        // A patch of claims is judged after it was applied.
        let judged = expected.replacing("unreadable", with: "invalid")
        #expect(try await outcome { try await booth.update(id, body) } == judged)
        if expected != "done" { #expect(try await booth.stored(id) == before) }
    }

    private func keys() async throws -> [KeyRecord] {
        try await booth.administration.listKeys(
            KeyFilter(),
            project: nil,
            page: PageRequest(limit: 200, after: nil),
            by: booth.root,
            at: booth.now
        ).items
    }

    @Test
    func `a patch changes what it names, and null brings the default back`() async throws {
        let id = try await booth.create(
            """
            {"name":"n","description":"d","subject":"s","scopes":["keys:read"],"audiences":["x"],"grant_types":[],
            "claims":{"a":1,"b":{"c":2,"d":3}},"allowed_ips":[],"access_token_ttl":60,
            "expires_at":"2030-01-01T00:00:00Z"}
            """
        ).id
        let merged = try await booth.update(id, #"{"claims":{"a":null,"b":{"c":null,"e":[1]}},"name":"m"}"#)
        #expect(
            String(decoding: JSONValue.object(merged.claims).serialized, as: UTF8.self)
                == #"{"b":{"d":3,"e":[1]}}"#
        )
        #expect(merged.name == "m" && merged.description == "d" && merged.scopes == ["keys:read"])
        let bare = try await booth.update(
            id,
            """
            {"description":null,"subject":null,"scopes":null,"audiences":null,"grant_types":null,"claims":null,
            "admin_role":null,"allowed_ips":null,"access_token_ttl":null,"expires_at":null}
            """
        )
        #expect(bare.description.isEmpty && bare.subject == id.description)
        #expect(bare.scopes.isEmpty && bare.audiences.isEmpty && bare.claims.members.isEmpty)
        #expect(bare.grantTypes == [.clientCredentials, .tokenExchange])
        #expect(bare.allowedAddresses == nil && bare.accessTokenLifetime == nil && bare.expiresAt == nil)
        #expect(try await outcome { try await booth.update(id, "{}") } == "done")
        #expect(try await outcome { try await booth.update(id, #"{"subject":"\#(id)"}"#) } == "done")
    }

    @Test
    func `claims that outgrow their limit by a patch are refused`() async throws {
        let half = String(repeating: "x", count: 1500)
        let id = try await booth.create(#"{"name":"n","audiences":["a"],"claims":{"a":"\#(half)"}}"#).id
        #expect(
            try await outcome { try await booth.update(id, #"{"claims":{"b":"\#(half)"}}"#) }.contains(
                "/claims"
            )
        )
        #expect(
            try await outcome { try await booth.update(id, #"{"claims":{"a":null,"b":"\#(half)"}}"#) }
                == "done"
        )
    }

    @Test
    func `a value that stays is not judged again`() async throws {
        let body = #"{"expires_at":"2027-01-15T08:00:01Z"}"#
        let id = try await booth.create(#"{"name":"n","expires_at":"2027-01-15T08:00:01Z"}"#).id
        let later = booth.now.advanced(by: 3600)
        #expect(try await outcome { try await booth.update(id, body, at: later) } == "done")
        #expect(
            try await outcome {
                try await booth.update(id, #"{"expires_at":"2027-01-15T08:00:02Z"}"#, at: later)
            }
                == "invalid /expires_at"
        )
    }

    @Test
    func `a deleted key is revoked, stays to be seen and is changed no more`() async throws {
        let (desk, now, root) = (booth.administration, booth.now, booth.root)
        let id = try await booth.create(#"{"name":"n"}"#).id
        try await desk.deleteKey(id, by: root, at: now)
        try await desk.deleteKey(id, by: root, at: now.advanced(by: 9))
        let key = try await desk.getKey(id, by: root, at: now)
        #expect(key.status(at: now) == .revoked && key.revokedAt == now)
        #expect(try await outcome { try await booth.update(id, #"{"name":"m"}"#) } == "conflict")
        #expect(try await outcome { try await desk.enableKey(id, by: root, at: now) } == "conflict")
        #expect(try await outcome { try await desk.disableKey(id, by: root, at: now) } == "conflict")
        #expect(try await keys().map(\.id) == [root.id])
    }

    @Test
    func `disabling and enabling twice is the same as once`() async throws {
        let (desk, now, root) = (booth.administration, booth.now, booth.root)
        let id = try await booth.create(#"{"name":"n"}"#).id
        for _ in 0..<2 {
            #expect(try await desk.disableKey(id, by: root, at: now).status(at: now) == .disabled)
        }
        for _ in 0..<2 { #expect(try await desk.enableKey(id, by: root, at: now).status(at: now) == .active) }
    }

    // threats: SCP-06
    @Test
    func `names that differ only in their normal form are two`() async throws {
        let (nfc, nfd) = ("caf\u{e9}", "cafe\u{301}")
        let (desk, now, root) = (booth.administration, booth.now, booth.root)
        let first = try await desk.createProject(ProjectCreation(name: nfc), by: root, at: now)
        let second = try await desk.createProject(ProjectCreation(name: nfd), by: root, at: now)
        #expect(first.id != second.id)
        for (name, project) in [(nfc, first.id), (nfd, second.id)] {
            var creation = KeyCreation(name: name)
            creation.project = name
            let key = try await booth.create(creation)
            #expect(key.project == project)
            let found = try await desk.listKeys(
                KeyFilter(name: name),
                project: name,
                page: PageRequest(limit: 9, after: nil),
                by: root,
                at: now
            )
            #expect(found.items.map(\.id) == [key.id])
            #expect(found.items.map { Array($0.name.utf8) } == [Array(name.utf8)])
        }
    }

    @Test
    func `pages follow each other without gap or repetition`() async throws {
        for number in 0..<7 { _ = try await booth.create(#"{"name":"k\#(number)"}"#) }
        var seen: [KeyID] = []
        var after: String?
        repeat {
            let page = try await booth.administration.listKeys(
                KeyFilter(),
                project: "default",
                page: PageRequest(limit: 3, after: after),
                by: booth.root,
                at: booth.now
            )
            #expect(page.items.count <= 3)
            seen += page.items.map(\.id)
            after = page.next
        } while after != nil
        #expect(seen.count == 8 && seen == seen.sorted() && Set(seen).count == 8)
        let last = try await booth.administration.listKeys(
            KeyFilter(),
            project: nil,
            page: PageRequest(limit: 8, after: nil),
            by: booth.root,
            at: booth.now
        )
        #expect(last.next == nil, "a page that is full to the brim is the last one")
    }
}
