import AdminAPI
import Administration
import HTTPFrontEnd
import OAuth
import Primitives
import Testing

@Suite("Idempotency-Key, If-Match and the audit list of the admin API")
struct AdminConditionTests {
    let desk: AdminDesk

    init() async throws { desk = try await AdminDesk() }

    private func ask(
        _ operation: AdminOperation,
        _ target: String? = nil,
        body: String = "",
        key: String? = nil,
        ifMatch: String? = nil,
        caller: KeyID? = nil,
        seconds: Int64 = 0
    ) async throws -> AdminAnswer {
        var request = AdminRequest(
            target: target,
            contentType: operation == .updateKey ? "application/merge-patch+json" : "application/json",
            body: Array(body.utf8),
            administrator: Administrator(id: caller ?? desk.root.id, scopes: desk.root.scopes),
            now: desk.now.advanced(by: seconds),
            requestID: "req-2"
        )
        if let key { request.idempotencyKey = [key] }
        if let ifMatch { request.ifMatch = [ifMatch] }
        return try await desk.endpoint.perform(operation, request)
    }

    // threats: ADM-03
    @Test
    func `a repeated creation makes nothing and shows no secret`() async throws {
        let first = try await ask(.createKey, body: #"{"name":"a"}"#, key: "k-1")
        #expect(first.status == 201 && !first.isReplayed)
        let issued = try #require(try desk.json(first).object)
        #expect(issued["key"] != nil)
        let second = try await ask(.createKey, body: #"{"name":"a"}"#, key: "k-1", seconds: 86_399)
        #expect(second.status == 201 && second.isReplayed)
        #expect(second.location == first.location && second.entityTag == first.entityTag)
        var expected = issued
        expected["key"] = nil
        #expect(second.body == JSONValue.object(expected).serialized)
        #expect(try desk.items(try await desk.ask(.listKeys)).count == 2)
        let third = try await ask(.createKey, body: #"{"name":"a"}"#, key: "k-1", seconds: 86_401)
        #expect(third.status == 201 && !third.isReplayed)
    }

    // threats: ADM-03
    @Test
    func `another request with the same key is refused, another caller's is another`() async throws {
        _ = try await ask(.createScope, body: #"{"name":"a"}"#, key: "k")
        for (operation, body) in [
            (AdminOperation.createScope, #"{"name":"b"}"#), (.createScope, #"{"name": "a"}"#),
            (.createProject, #"{"name":"a"}"#),
        ] {
            let answer = try await ask(operation, body: body, key: "k")
            #expect(answer.status == 422)
            #expect(try Problem(parsing: try desk.json(answer)).slug == "reused-idempotency-key")
        }
        let made = try await ask(
            .createKey,
            body:
                #"{"name":"c","admin_role":"admin","scopes":["scopes:write"],"audiences":["urn:tokenbooth:admin"]}"#
        )
        let other = try #require(try desk.json(made).object?["id"]?.string.flatMap { KeyID(parsing: $0) })
        #expect(try await ask(.createScope, body: #"{"name":"b"}"#, key: "k", caller: other).status == 201)
    }

    @Test
    func `a refused request is tried anew, an order is done once`() async throws {
        #expect(try await ask(.createScope, body: #"{"name":"a b"}"#, key: "k").status == 400)
        #expect(try await ask(.createScope, body: #"{"name":"keys:read"}"#, key: "k").status == 409)
        #expect(try await ask(.createScope, body: #"{"name":"a"}"#, key: "k").status == 201)
        let key = try #require(
            try desk.json(try await ask(.createKey, body: #"{"name":"a"}"#)).object?["id"]?.string
        )
        #expect(try await ask(.disableKey, key, key: "off").status == 200)
        #expect(try await ask(.enableKey, key, key: "on").status == 200)
        let repeated = try await ask(.disableKey, key, key: "off")
        #expect(repeated.status == 200 && repeated.isReplayed)
        #expect(try desk.json(repeated).object?["status"]?.string == "disabled")
        #expect(try desk.json(try await ask(.getKey, key)).object?["status"]?.string == "active")
        // A key says nothing of what is the same when it is done twice.
        #expect(try await ask(.deleteKey, key, key: "off").status == 204)
    }

    @Test(arguments: ["", String(repeating: "x", count: 256), "a b", "é"])
    func `what is no Idempotency-Key is refused`(key: String) async throws {
        #expect(try await ask(.createScope, body: #"{"name":"a"}"#, key: key).status == 400)
    }

    @Test
    func `of many repetitions at once one is done`() async throws {
        let statuses = try await withThrowingTaskGroup(of: AdminAnswer.self) { group in
            for _ in 0..<20 {
                group.addTask { try await ask(.createProject, body: #"{"name":"p"}"#, key: "k") }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.count { $0.status == 201 && !$0.isReplayed } == 1)
        #expect(statuses.allSatisfy { [201, 409].contains($0.status) })
        #expect(try desk.items(try await desk.ask(.listProjects)).count == 2)
    }

    @Test
    func `a change with If-Match is done to what was seen, or not at all`() async throws {
        let made = try await ask(.createKey, body: #"{"name":"a"}"#)
        let key = try #require(try desk.json(made).object?["id"]?.string)
        let tag = try #require(made.entityTag)
        #expect(try await ask(.getKey, key).entityTag == tag)
        let changed = try await ask(.updateKey, key, body: #"{"name":"b"}"#, ifMatch: tag)
        #expect(changed.status == 200 && changed.entityTag != tag)
        for operation in [AdminOperation.updateKey, .deleteKey, .disableKey, .enableKey] {
            let answer = try await ask(
                operation,
                key,
                body: operation == .updateKey ? "{}" : "",
                ifMatch: tag
            )
            #expect(answer.status == 412)
            #expect(try Problem(parsing: try desk.json(answer)).slug == "precondition-failed")
        }
        #expect(try await ask(.getKey, key).entityTag == changed.entityTag)
        #expect(try await ask(.disableKey, key, ifMatch: "\"x\", \(changed.entityTag ?? "")").status == 200)
        #expect(try await ask(.deleteKey, key, ifMatch: "*").status == 204)
    }

    @Test
    func `projects, scopes and audiences have tags, and hold to them`() async throws {
        let project = try await ask(.createProject, body: #"{"name":"p"}"#)
        let id = try #require(try desk.json(project).object?["id"]?.string)
        let scope = try await ask(.createScope, body: #"{"name":"s"}"#)
        let audience = try await ask(.createAudience, body: #"{"name":"urn:a"}"#)
        for (made, get, delete, target) in [
            (project, AdminOperation.getProject, AdminOperation.deleteProject, id),
            (scope, .getScope, .deleteScope, "s"), (audience, .getAudience, .deleteAudience, "urn:a"),
        ] {
            #expect(made.entityTag != nil)
            #expect(try await ask(get, target).entityTag == made.entityTag)
            #expect(try await ask(delete, target, ifMatch: "\"AAAA\"").status == 412)
            #expect(try await ask(delete, target, ifMatch: made.entityTag).status == 204)
        }
    }

    @Test(arguments: [
        (
            AdminOperation.createRole, AdminOperation.getRole, AdminOperation.updateRole,
            AdminOperation.deleteRole
        ),
        (.createGroup, .getGroup, .updateGroup, .deleteGroup),
    ])
    func `roles and groups have tags, and hold to them`(
        create: AdminOperation,
        get: AdminOperation,
        update: AdminOperation,
        delete: AdminOperation
    ) async throws {
        let made = try await ask(create, body: #"{"name":"n"}"#)
        let id = try #require(try desk.json(made).object?["id"]?.string)
        let tag = try #require(made.entityTag)
        #expect(try await ask(get, "n").entityTag == tag)
        #expect(try await ask(get, id).entityTag == tag)
        let changed = try await ask(update, "n", body: #"{"description":"d"}"#, ifMatch: tag)
        #expect(changed.status == 200 && changed.entityTag != tag)
        #expect(try await ask(update, id, body: #"{"description":"e"}"#, ifMatch: tag).status == 412)
        #expect(try await ask(delete, id, ifMatch: tag).status == 412)
        #expect(try await ask(get, id).entityTag == changed.entityTag)
        let same = try await ask(update, id, body: "{}", ifMatch: changed.entityTag)
        #expect(same.status == 200 && same.entityTag == changed.entityTag)
        #expect(try await ask(delete, id, ifMatch: changed.entityTag).status == 204)
    }

    @Test
    func `a rotation and its end hold to the tag of the key`() async throws {
        let made = try await ask(.createKey, body: #"{"name":"a"}"#)
        let key = try #require(try desk.json(made).object?["id"]?.string)
        let tag = try #require(made.entityTag)
        #expect(try await ask(.rotateKey, key, body: "{}", ifMatch: "\"AAAA\"").status == 412)
        #expect(try await ask(.getKey, key).entityTag == tag, "no secret was made")
        let rotated = try await ask(.rotateKey, key, body: "{}", ifMatch: tag)
        #expect(rotated.status == 200 && rotated.entityTag != tag)
        #expect(try await ask(.getKey, key).entityTag == rotated.entityTag)
        #expect(
            try await ask(.rotateKey, key, body: "{}", ifMatch: tag).status == 412,
            "somebody rotated meanwhile"
        )
        let end = #"{"previous_expires_at":"2027-01-15T08:00:00Z"}"#
        #expect(try await ask(.updateKeyRotation, key, body: end, ifMatch: tag).status == 412)
        let ended = try await ask(.updateKeyRotation, key, body: end, ifMatch: rotated.entityTag)
        #expect(ended.status == 200 && ended.entityTag != rotated.entityTag)
        #expect(try desk.json(ended).object?["rotation"]?.object == nil)
    }

    // threats: ADM-02, SQL-01, SQL-02
    @Test(arguments: [
        ("limit", "0"), ("cursor", "x"), ("cursor", "MS4w"), ("cursor", "MDEuMQ"), ("cursor", "LTE"),
        ("actor", ""), ("target", "a\0"), ("from", "yesterday"), ("to", "2026-02-30T00:00:00Z"),
        ("sort", "actor"), ("order", "asc"),
    ])
    func `a query of the audit list that says anything else is refused`(name: String, value: String)
        async throws
    {
        #expect(try await desk.ask(.listAuditEvents, query: [(name, value)]).status == 400)
    }

    // threats: SQL-01
    @Test(arguments: ["' OR 1=1 --", "%", "_", "create\u{301}_key", "\"", "\\"])
    func `a filter is compared as bytes, whatever is in it`(value: String) async throws {
        for name in ["actor", "action", "target"] {
            #expect(try desk.items(try await desk.ask(.listAuditEvents, query: [(name, value)])).isEmpty)
        }
    }

    @Test(arguments: [
        [("number", "1")], [("hash", "00000000")], [("number", "0"), ("hash", "00000000")],
        [("number", "1"), ("hash", "0000000")], [("number", "1"), ("hash", "xxxxxxxx")],
        [("number", "-1"), ("hash", "00000000")], [("number", "9999999999999999999"), ("hash", "00000000")],
    ])
    func `half a witness is refused`(query: [(String, String)]) async throws {
        #expect(try await desk.ask(.verifyAudit, query: query).status == 400)
    }

    @Test
    func `the trail is in order, and a witness that is not in it is said to be missing`() async throws {
        let whole = try #require(try desk.json(try await desk.ask(.verifyAudit)).object)
        #expect(whole["valid"]?.bool == true && whole["checked"]?.integer == 1)
        let hash = try #require(whole["last"]?.object?["hash"]?.string)
        for (number, hash, isValid) in [
            ("1", hash, true), ("1", String(hash.prefix(8)), true), ("2", hash, false),
            ("1", "00000000", false),
        ] {
            let query = [("number", number), ("hash", hash)]
            let answer = try #require(try desk.json(try await desk.ask(.verifyAudit, query: query)).object)
            #expect(answer["valid"]?.bool == isValid)
        }
    }
}
