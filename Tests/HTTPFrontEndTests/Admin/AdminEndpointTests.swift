import AdminAPI
import Administration
import AuthorizationServer
import HTTPFrontEnd
import OAuth
import Primitives
import SQLiteStore
import Testing

@Suite("The admin API without its transport")
struct AdminEndpointTests {
    let desk: AdminDesk

    init() async throws { desk = try await AdminDesk() }

    @Test
    func `a key lives from its creation to its end`() async throws {
        let created = try await desk.ask(.createKey, body: #"{"name":"n","audiences":["https://a.example"]}"#)
        let issued = try IssuedKeyMessage(parsing: try desk.json(created))
        let id = issued.key.id.description
        #expect(created.status == 201 && created.location == "/admin/v1/keys/\(id)")
        #expect(created.contentType == "application/json")

        let shown = try await desk.ask(.getKey, id)
        #expect(shown.status == 200)
        #expect(try desk.json(shown).object?["key"] == nil, "the secret is shown once")
        #expect(
            !String(decoding: shown.body, as: UTF8.self).contains(
                String(decoding: issued.secret.secret, as: UTF8.self)
            )
        )

        let patched = try await desk.ask(
            .updateKey,
            id,
            type: "Application/Merge-Patch+JSON; charset=UTF-8",
            body: #"{"name":"m"}"#
        )
        #expect(try KeyMessage(parsing: try desk.json(patched)).name == "m")
        #expect(try desk.json(try await desk.ask(.disableKey, id)).object?["status"]?.string == "disabled")
        #expect(try desk.json(try await desk.ask(.enableKey, id)).object?["status"]?.string == "active")
        let deleted = try await desk.ask(.deleteKey, id)
        #expect(deleted.status == 204 && deleted.body.isEmpty && deleted.contentType == nil)
        #expect(try desk.json(try await desk.ask(.getKey, id)).object?["status"]?.string == "revoked")
    }

    @Test
    func `projects, scopes, roles, groups and audiences live likewise`() async throws {
        let rows: [(AdminOperation, AdminOperation, AdminOperation, AdminOperation, String, String)] = [
            (
                .createProject, .getProject, .updateProject, .deleteProject, #"{"name":"p"}"#,
                #"{"allowed_ips":[]}"#
            ),
            (
                .createScope, .getScope, .updateScope, .deleteScope, #"{"name":"a/b:c"}"#,
                #"{"description":"d"}"#
            ),
            (
                .createRole, .getRole, .updateRole, .deleteRole, #"{"name":"a/b"}"#, #"{"description":"d"}"#
            ),
            (
                .createGroup, .getGroup, .updateGroup, .deleteGroup, #"{"name":"a/b"}"#, #"{"name":"c"}"#
            ),
            (
                .createAudience, .getAudience, .updateAudience, .deleteAudience,
                #"{"name":"https://a.example/x"}"#,
                #"{"typ":"JWT"}"#
            ),
        ]
        for (create, get, update, delete, body, patch) in rows {
            let created = try await desk.ask(create, body: body)
            #expect(created.status == 201)
            let object = try #require(try desk.json(created).object)
            let target = try #require((object["id"] ?? object["name"])?.string)
            let segment = try #require(
                created.location?.split(separator: "/", omittingEmptySubsequences: false).last
            )
            #expect(created.location?.split(separator: "/").count == 4, "slashes of a name are encoded")
            #expect(!segment.contains(":"))
            #expect(try await desk.ask(get, target).status == 200)
            #expect(try await desk.ask(update, target, body: patch).status == 200)
            let isFree = patch.contains("\"name\"")
            #expect(try await desk.ask(create, body: body).status == (isFree ? 201 : 409))
            #expect(try await desk.ask(delete, target).status == 204)
            let gone = try await desk.ask(get, target)
            #expect(gone.status == 404 && gone.contentType == "application/problem+json")
        }
    }

    @Test
    func `every operation is refused without its scope, before anything is read`() async throws {
        for operation in AdminOperation.allCases {
            let others = BuiltInScopes.all.filter { $0 != operation.scope }
            let answer = try await desk.ask(
                operation,
                "x",
                query: [("nonsense", "")],
                type: "text/plain",
                body: "{",
                scopes: others
            )
            #expect(answer.status == 403, "\(operation)")
            let problem = try Problem(parsing: try desk.json(answer))
            #expect(problem.slug == "missing-scope" && problem.detail.contains(operation.scope))
            #expect(problem.requestID == "req-1")
        }
    }

    @Test(arguments: [
        (AdminOperation.createKey, Optional("text/plain"), 415), (.createKey, nil, 415),
        (.createKey, "application/merge-patch+json", 415),
        (.createKey, "application/json; charset=latin1", 415),
        (.createKey, "application/json ; charset=\"utf-8\"", 201), (.createKey, "application/jsonx", 415),
        (.createScope, "application/x-www-form-urlencoded", 415), (.updateKey, "application/json", 404),
        (.updateKey, "application/json-patch+json", 415), (.updateKey, "application/merge-patch+json", 404),
    ])
    func `the body's type decides`(operation: AdminOperation, type: String?, status: Int) async throws {
        let target = "key_01arz3ndektsv4rrffq69g5fav"
        let answer = try await desk.ask(operation, target, type: .some(type), body: #"{"name":"n"}"#)
        #expect(answer.status == status)
    }

    @Test(arguments: ["", "{", #"{"name":"a","name":"b"}"#, "{}x", #"{"name":"\ud800"}"#, "\u{feff}{}"])
    func `what is not one JSON text is refused`(body: String) async throws {
        let answer = try await desk.ask(.createKey, body: body)
        let problem = try Problem(parsing: try desk.json(answer))
        #expect(answer.status == 400 && problem.slug == "invalid-input")
        #expect(problem.errors.map(\.pointer) == [""])
    }

    @Test
    func `every mistake is in the problem document`() async throws {
        let answer = try await desk.ask(.createKey, body: #"{"name":"","x":1,"scopes":["a b"]}"#)
        let problem = try Problem(parsing: try desk.json(answer))
        #expect(answer.status == 400 && answer.contentType == "application/problem+json")
        #expect(Set(problem.errors.map(\.pointer)) == ["/name", "/x", "/scopes/0"])
        #expect(problem.requestID == "req-1" && problem.status == 400)
    }

    // threats: ADM-01
    @Test
    func `fields that only the server sets are refused`() async throws {
        for member in ["role", "id", "created_at", "owner", "status", "hint", "digest", "key", "is_disabled"]
        {
            let answer = try await desk.ask(.createKey, body: #"{"name":"n","\#(member)":"admin"}"#)
            #expect(answer.status == 400)
        }
        #expect(try desk.items(try await desk.ask(.listKeys)).count == 1, "only the root key is there")
    }

    @Test(arguments: [
        "", "key_", "KEY_01ARZ3NDEKTSV4RRFFQ69G5FAV", "prj_01arz3ndektsv4rrffq69g5fav", "..", "key_%00",
    ])
    func `what is no identifier is not found`(target: String) async throws {
        for operation: AdminOperation in [.getKey, .deleteKey, .disableKey, .enableKey] {
            #expect(try await desk.ask(operation, target).status == 404)
        }
    }

    @Test
    func `a NUL in the path or the query finds nothing and breaks nothing`() async throws {
        _ = try await desk.ask(.createScope, body: #"{"name":"reports:read"}"#)
        _ = try await desk.ask(.createAudience, body: #"{"name":"reports:read"}"#)
        for operation: AdminOperation in [.getScope, .deleteScope, .getAudience, .deleteAudience] {
            #expect(try await desk.ask(operation, "reports:read\u{0}b").status == 404)
        }
        for (name, value) in [("name", "root"), ("project", "default")] {
            #expect(try desk.items(try await desk.ask(.listKeys, query: [(name, value)])).count == 1)
            let answer = try await desk.ask(.listKeys, query: [(name, value + "\u{0}")])
            #expect(try desk.items(answer).isEmpty)
        }
    }

    @Test
    func `without an admin role a creation is refused and says why`() async throws {
        let key = try IssuedKeyMessage(
            parsing: try desk.json(
                try await desk.ask(
                    .createKey,
                    body: #"{"name":"n","scopes":["keys:write"],"audiences":["urn:tokenbooth:admin"]}"#
                )
            )
        )
        let answer = try await desk.ask(.createKey, body: #"{"name":"m"}"#, caller: key.key.id)
        #expect(answer.status == 403)
        #expect(try Problem(parsing: try desk.json(answer)).slug == "not-held")
    }
}
