import AdminAPI
import Administration
import AuthorizationServer
import OAuth
import Primitives
import SQLiteStore
import Testing

@Suite("Audit of administrative changes")
struct AuditTests {
    let booth: Booth

    init() async throws { booth = try await Booth() }

    /// What was recorded since the installation, as `action target changes`.
    private func trail() async throws -> [String] {
        try await booth.store.read { try $0.auditEntries(after: 1, limit: 200) }
            .map { "\($0.action) \($0.target) \($0.changes)" }
    }

    private func from(_ address: String, _ id: String) -> Administrator {
        var root = booth.root
        root.request = RequestFacts(address: IPAddress(parsing: address.utf8), requestID: id)
        return root
    }

    @Test
    func `the first event is the installation`() async throws {
        let first = try #require(try await booth.store.read { try $0.auditEntries(after: 0, limit: 9) }.first)
        #expect(first.action == "install" && first.actor == "operator")
        #expect(first.target == booth.root.id.description)
    }

    @Test
    func `a change is recorded with who, whence, by which request and what`() async throws {
        let root = from("192.0.2.7", "request-1")
        let key = try await booth.administration.createKey(KeyCreation(name: "a"), by: root, at: booth.now)
            .key
        _ = try await booth.administration.updateKey(
            key.id,
            try KeyPatch(parsing: try json(#"{"name":"é","claims":{"x":1}}"#)),
            by: root,
            at: booth.now
        )
        _ = try await booth.administration.disableKey(key.id, by: root, at: booth.now)
        try await booth.administration.deleteKey(key.id, by: root, at: booth.now)
        let entries = try await booth.store.read { try $0.auditEntries(after: 1, limit: 9) }
        #expect(entries.map(\.action) == ["create_key", "update_key", "disable_key", "delete_key"])
        for entry in entries {
            #expect(entry.actor == booth.root.id.description && entry.target == key.id.description)
            #expect(entry.address == "192.0.2.7" && entry.requestID == "request-1")
        }
        #expect(entries[0].changes.contains(#""name":{"to":"a"}"#))
        #expect(
            entries[1].changes
                == #"{"name":{"from":"a","to":"é"},"claims":{"from":{},"to":{"x":1}}}"#
        )
        #expect(entries[2].changes == #"{"status":{"from":"active","to":"disabled"}}"#)
        #expect(entries[3].changes == #"{"status":{"from":"disabled","to":"revoked"}}"#)
    }

    @Test
    func `every kind of thing is recorded when it comes, changes and goes`() async throws {
        let (booth, now) = (booth, booth.now)
        try await booth.addScope("s")
        _ = try await booth.administration.updateScope(
            "s",
            try ScopePatch(parsing: try json(#"{"description":"d"}"#)),
            by: booth.root,
            at: now
        )
        try await booth.administration.deleteScope("s", by: booth.root, at: now)
        let audience = try AudienceCreation(parsing: try json(#"{"name":"urn:a"}"#))
        _ = try await booth.administration.createAudience(audience, by: booth.root, at: now)
        try await booth.administration.deleteAudience("urn:a", by: booth.root, at: now)
        let creation = try ProjectCreation(parsing: try json(#"{"name":"p"}"#))
        let project = try await booth.administration.createProject(creation, by: booth.root, at: now)
        try await booth.administration.deleteProject(project.id, by: booth.root, at: now)
        let names = try await trail().map { $0.split(separator: " ").prefix(2).joined(separator: " ") }
        #expect(
            names == [
                "create_scope scope:s", "update_scope scope:s", "delete_scope scope:s",
                "create_audience audience:urn:a", "delete_audience audience:urn:a",
                "create_project \(project.id)", "delete_project \(project.id)",
            ]
        )
    }

    @Test
    func `what is refused or changes nothing is no event`() async throws {
        let key = try await booth.create(KeyCreation(name: "a"))
        let before = try await trail().count
        #expect(try await outcome { try await booth.update(key.id, #"{"scopes":["nowhere"]}"#) } != "done")
        #expect(
            try await outcome { try await booth.update(booth.root.id, #"{"admin_role":null}"#) } == "conflict"
        )
        #expect(try await outcome { try await booth.update(key.id, #"{"name":"a"}"#) } == "done")
        _ = try await booth.administration.enableKey(key.id, by: booth.root, at: booth.now)
        try await booth.administration.deleteKey(key.id, by: booth.root, at: booth.now)
        try await booth.administration.deleteKey(key.id, by: booth.root, at: booth.now)
        #expect(try await trail().count == before + 1)
    }

    @Test
    func `no event holds a secret`() async throws {
        let (_, secret) = try await booth.administration.createKey(
            KeyCreation(name: "a"),
            by: booth.root,
            at: booth.now
        )
        let text = try await trail().joined()
        #expect(!text.contains(String(decoding: secret.secret, as: UTF8.self)))
        #expect(!text.contains(secret.digest.hexadecimal))
    }

    // threats: ADM-01
    @Test
    func `super admins see the whole trail, admins what they did, others nothing`() async throws {
        let (booth, now) = (booth, booth.now)
        let admin = try await booth.administrator("admin", audiences: ["urn:mine"])
        let nobody = try await booth.administrator(nil)
        _ = try await booth.create(#"{"name":"mine","audiences":["urn:mine"]}"#, by: admin)
        let page = PageRequest(limit: 200, after: nil)
        func seen(_ who: Administrator, _ filter: AuditFilter = AuditFilter()) async throws -> [AuditEntry] {
            let found = try await booth.administration.listAuditEvents(filter, page: page, by: who, at: now)
            return found.items
        }
        #expect(try await seen(booth.root).count == 4)
        #expect(try await seen(admin).map(\.actor) == [admin.id.description])
        #expect(try await seen(admin, AuditFilter(actor: booth.root.id.description)).isEmpty)
        #expect(try await seen(nobody).isEmpty)
        func verify(_ who: Administrator) async throws -> String {
            try await outcome { try await booth.administration.verifyAudit(witness: nil, by: who, at: now) }
        }
        #expect(try await verify(booth.root) == "done")
        #expect(try await verify(admin).hasPrefix("not held"))
    }

    @Test
    func `a leaked key is revoked, also the last super admin's, and the answer repeats no secret`()
        async throws
    {
        let (booth, now) = (booth, booth.now)
        let (key, secret) = try await booth.administration.createKey(
            KeyCreation(name: "a"),
            by: booth.root,
            at: now
        )
        let text = String(decoding: secret.secret, as: UTF8.self)
        let stranger = String(decoding: APIKey.generate().secret, as: UTF8.self)
        let body = """
            [{"token":"\(text)","type":"t","url":"https://x.example/?\(text)","source":"content"},
            {"token":"\(stranger)","type":"t","url":"u"},{"token":"nonsense","type":"t"}]
            """
        let report = try #require(LeakReport(parsing: Array(body.utf8)))
        let source = AuditSource.secretScanning(address: nil, requestID: "r")
        let feedback = try await booth.administration.revokeLeaked(report, by: source, at: now)
        #expect(feedback.map(\.isOurs) == [true, false, false])
        let answer = String(decoding: LeakFeedback.json(feedback).serialized, as: UTF8.self)
        #expect(!answer.contains("tbk_") && answer.contains(secret.digest.hexadecimal))
        #expect(try await booth.store.read { try $0.key(key.id) }?.revokedAt == now)
        let event = try #require(try await trail().last)
        #expect(event.hasPrefix("report_leak \(key.id) ") && !event.contains(text))
    }

    @Test(arguments: [
        "", "{}", "[]", "[1]", #"[{"token":"a"}]"#, #"[{"type":"a"}]"#, #"[{"token":1,"type":"a"}]"#,
        "[" + Array(repeating: #"{"token":"a","type":"b"}"#, count: 101).joined(separator: ",") + "]",
    ])
    func `what is no report is none`(body: String) {
        #expect(LeakReport(parsing: Array(body.utf8)) == nil)
    }
}
