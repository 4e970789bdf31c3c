import AdminAPI
import Administration
import AuthorizationServer
import OAuth
import Primitives
import SQLiteStore
import Testing

@Suite("API keys: exported and imported")
struct KeyTransferTests {
    let booth: Booth
    /// A later time, by which nothing that is exported lies in the future.
    private var later: NumericDate { booth.now.advanced(by: 60) }

    init() async throws { booth = try await Booth() }

    private func export(
        _ booth: Booth,
        includesRevoked: Bool = false,
        by administrator: Administrator? = nil
    ) async throws -> [JSONValue] {
        var (rows, after): ([JSONValue], String?) = ([], nil)
        repeat {
            let page = try await booth.administration.exportKeys(
                includesRevoked: includesRevoked,
                page: PageRequest(limit: 2, after: after),
                by: administrator ?? booth.root,
                at: later
            )
            rows += page.items.map(\.row.json)
            after = page.next
        } while after != nil
        return rows
    }

    private func bring(
        _ rows: [JSONValue],
        to booth: Booth,
        isDryRun: Bool = false,
        by administrator: Administrator? = nil
    ) async throws -> [KeyImportResult] {
        let lines = rows.enumerated().map { index, row in
            do throws(InvalidMessage) {
                return KeyImportLine(number: index + 1, row: .success(try KeyImportRow(parsing: row)))
            } catch {
                return KeyImportLine(number: index + 1, row: .failure(error))
            }
        }
        return try await booth.administration.importKeys(
            lines,
            isDryRun: isDryRun,
            by: administrator ?? booth.root,
            at: later
        ).results
    }

    private func words(_ results: [KeyImportResult]) -> [String] {
        results.map { ([$0.outcome.rawValue] + $0.mistakes.map(\.pointer)).joined(separator: " ") }
    }

    private func text(_ rows: [JSONValue]) -> [String] {
        rows.map { String(decoding: $0.serialized, as: UTF8.self) }
    }

    /// Keys in every state, each with what others have not.
    private func fill() async throws -> [KeyID] {
        try await booth.addScope("a")
        let full = try await booth.create(
            """
            {"name":"full","description":"d","subject":"s","scopes":["a"],"audiences":["urn:x","urn:y"],
            "grant_types":["refresh_token"],"claims":{"b":1.50,"a":[null]},"may_exchange":["\(booth.project)"],
            "allowed_ips":["10.0.0.0/8"],"access_token_ttl":60,"expires_at":"2027-01-15T08:00:01Z"}
            """
        ).id
        let disabled = try await booth.create(#"{"name":"disabled","scopes":[]}"#).id
        _ = try await booth.administration.disableKey(disabled, by: booth.root, at: booth.now)
        let admin = try await booth.administrator("admin", scopes: ["keys:read", "keys:write"])
        let owned = try await booth.create(#"{"name":"owned","audiences":[]}"#, by: nil).id
        _ = try await booth.administration.rotateKey(
            owned,
            KeyRotationOrder(),
            by: booth.root,
            at: booth.now
        )
        let revoked = try await booth.create(#"{"name":"revoked"}"#).id
        try await booth.administration.deleteKey(revoked, by: booth.root, at: booth.now)
        return [full, disabled, admin.id, owned, revoked]
    }

    @Test
    func `an export holds every key but the root key, and no secret`() async throws {
        let ids = try await fill().map(\.description)
        let rows = try await export(booth)
        #expect(rows.map { $0.object?["id"]?.string } == ids.dropLast())
        #expect(try await export(booth, includesRevoked: true).map { $0.object?["id"]?.string } == ids)
        for row in text(rows) { #expect(!row.contains("tbk_") || row.contains("…")) }
        let names = Set(rows.flatMap { $0.object?.members.map(\.name) ?? [] })
        for name in KeyTransferTests.settable { #expect(names.contains(name)) }
        #expect(!names.contains("key") && !names.contains("status"))
    }

    private static let settable = [
        "name", "description", "project", "subject", "scopes", "audiences", "grant_types", "claims",
        "admin_role",
        "may_exchange", "allowed_ips", "access_token_ttl", "expires_at",
    ]

    @Test
    func `what comes into another installation leaves it as it came, and a repeat changes nothing`()
        async throws
    {
        _ = try await fill()
        let rows = try await export(booth, includesRevoked: true)
        let other = try await Booth()
        try await other.addScope("a")
        #expect(words(try await bring(rows, to: other, isDryRun: true)) == rows.map { _ in "created" })
        #expect(try await export(other, includesRevoked: true).isEmpty, "a dry run does nothing")
        #expect(words(try await bring(rows, to: other)) == rows.map { _ in "created" })
        #expect(words(try await bring(rows, to: other)) == rows.map { _ in "unchanged" })

        // The project and the owner are its own there.
        func comparable(_ rows: [JSONValue], _ booth: Booth) -> [String] {
            text(rows).map {
                $0.replacing("\(booth.project)", with: "PROJECT").replacing("\(booth.root.id)", with: "ROOT")
            }
        }
        let arrived = try await export(other, includesRevoked: true)
        let expected = comparable(rows, booth).map {
            $0.replacing("[\"PROJECT\"]", with: "[\"\(booth.project)\"]")
        }
        #expect(comparable(arrived, other) == expected)
        for row in rows {
            let digest = try KeyImportRow(parsing: row).transfer.digest
            #expect(
                try await other.store.client(withDigest: digest)?.id.description == row.object?["id"]?.string
            )
        }
    }

    @Test
    func `no key that is here is changed`() async throws {
        let ids = try await fill()
        let rows = try await export(booth)
        _ = try await booth.update(ids[0], #"{"name":"changed"}"#)
        try await booth.administration.deleteKey(ids[1], by: booth.root, at: booth.now)
        let before = text(try await export(booth, includesRevoked: true))
        let results = try await bring(rows, to: booth)
        #expect(words(results) == ["conflict /id", "conflict /id", "unchanged", "unchanged"])
        #expect(text(try await export(booth, includesRevoked: true)) == before)
    }

    @Test
    func `a secret belongs to one key`() async throws {
        let ids = try await fill()
        var rows = try await export(booth)
        let previous = rows[3].object?["rotation"]?.object?["previous_digest"]
        for (index, digest) in [rows[1].object?["digest"], previous].enumerated() {
            var copy = rows[0].object ?? JSONObject()
            copy["id"] = .string(KeyID(booth.identifiers.next(at: booth.now)).description)
            copy["digest"] = digest
            #expect(words(try await bring([.object(copy)], to: booth)) == ["conflict /digest"], "\(index)")
        }
        let other = try await Booth()
        try await other.addScope("a")
        rows.append(rows[0])
        var twin = rows[0].object ?? JSONObject()
        twin["id"] = .string(KeyID(booth.identifiers.next(at: booth.now)).description)
        rows.append(.object(twin))
        #expect(
            words(try await bring(rows, to: other)).suffix(2) == ["conflict /id", "conflict /digest"]
        )
        #expect(ids.count == 5)
    }

    @Test(arguments: [
        ("scopes", #"["nowhere"]"#, "refused /scopes/0"), ("project", #""elsewhere""#, "created"),
        ("project_name", #""elsewhere""#, "refused /project"), ("name", "null", "refused /name"),
        ("digest", #""ABCD""#, "refused /digest"), ("digest", "null", "refused /digest"),
        ("hint", #""tbk_0123456789ABCDEFGHIJabcdefghij3pQYh7""#, "refused /hint"),
        ("id", #""key_1""#, "refused /id"), ("status", #""active""#, "refused /status"),
        ("created_at", #""2999-01-01T00:00:00Z""#, "refused /created_at"),
        ("revoked_at", #""2999-01-01T00:00:00Z""#, "refused /revoked_at"),
        ("expires_at", #""1999-01-01T00:00:00Z""#, "refused /expires_at"),
        ("allowed_ips", #"["010.0.0.1"]"#, "refused /allowed_ips/0"),
        ("claims", #"{"sub":"x"}"#, "refused /claims/sub"),
        ("admin_role", #""super_admin""#, "refused /audiences /scopes"),
        ("admin_role", #""god""#, "refused /admin_role"),
        ("subject", #""key_other""#, "refused /subject"), ("disabled", "1", "refused /disabled"),
        ("rotation", #"{"previous_hint":"tbk_0123…QYh7"}"#, "refused /rotation"),
        (
            "rotation", #"{"current_revoked_at":"2999-01-01T00:00:00Z"}"#,
            "refused /rotation/current_revoked_at"
        ),
        ("grant_types", #"["password"]"#, "refused /grant_types/0"),
        ("access_token_ttl", "1801", "refused /access_token_ttl"),
        ("owner", "null", "created"), ("owner", #""key_01arz3ndektsv4rrffq69g5fav""#, "created"),
    ])
    func `a row is checked as a creation is, and does no other row harm`(
        name: String,
        value: String,
        expected: String
    ) async throws {
        _ = try await booth.create(#"{"name":"n"}"#)
        _ = try await booth.create(#"{"name":"m"}"#)
        let rows = try await export(booth)
        var spoilt = rows[0].object ?? JSONObject()
        spoilt[name] = try json(value)
        let other = try await Booth()
        #expect(words(try await bring([.object(spoilt), rows[1]], to: other)) == [expected, "created"])
        #expect(try await export(other).count == (expected == "created" ? 2 : 1))
    }

    @Test
    func `neither an admin nor a key without the scope exports or imports`() async throws {
        let rows = try await export(booth)
        let admin = try await booth.administrator("admin", scopes: ["keys:read", "keys:write"])
        #expect(try await outcome { try await export(booth, by: admin) } == "not held ")
        for isDryRun in [true, false] {
            #expect(
                try await outcome { try await bring(rows, to: booth, isDryRun: isDryRun, by: admin) }
                    == "not held "
            )
        }
        let reader = Administrator(id: booth.root.id, scopes: ["keys:read"])
        #expect(try await outcome { try await bring(rows, to: booth, by: reader) } == "no scope")
    }
}
