import AdminAPI
import Administration
import HTTPFrontEnd
import OAuth
import Primitives
import Testing

@Suite("Lists of the admin API")
struct AdminListTests {
    let desk: AdminDesk

    init() async throws { desk = try await AdminDesk() }

    static let lists: [AdminOperation] = [
        .listKeys, .listProjects, .listScopes, .listRoles, .listGroups, .listAudiences,
    ]

    // threats: ADM-02
    @Test(
        arguments: [
            ("limit", "0"), ("limit", "-1"), ("limit", "1000000000"), ("limit", "201"), ("limit", ""),
            ("limit", "+5"), ("limit", "05"), ("limit", "5 "), ("limit", "1e2"), ("limit", "٥"),
            ("limit", "99999999999999999999999"), ("cursor", ""), ("cursor", "x"), ("cursor", "!!!!"),
            ("cursor", "a2V5Xw"), ("cursor", "a2V5Xw=="), ("cursor", "4pi6"), ("cursor", "_____w"),
            ("cursor", "YSBi"), ("offset", "1"), ("LIMIT", "1"), ("status[]", "active"),
        ])
    func `a query that says anything else is refused`(name: String, value: String) async throws {
        for list in Self.lists {
            let answer = try await desk.ask(list, query: [(name, value)])
            // `x` is a scope's and `key_` an audience's name, but no cursor's spelling or kind elsewhere.
            guard name == "cursor", value == "a2V5Xw", list != .listKeys, list != .listProjects else {
                #expect(answer.status == 400, "\(list) \(name)=\(value)")
                continue
            }
            #expect(answer.status == 200)
        }
    }

    @Test(arguments: [
        ("status", "live"), ("status", "Active"), ("include_revoked", "1"), ("include_revoked", ""),
        ("sort", "id"), ("sort", ""), ("sort", "-"), ("sort", "--name"), ("sort", "name desc"),
        ("sort", "Name"), ("sort", "digest"), ("owner", "me"), ("owner", ""), ("scope", ""), ("role", ""),
        ("group", ""), ("audience", ""), ("name_prefix", ""), ("name[prefix]", "a"), ("filter", "a"),
    ])
    func `a filter with another value is refused`(name: String, value: String) async throws {
        #expect(try await desk.ask(.listKeys, query: [(name, value)]).status == 400)
        #expect(try await desk.ask(.listProjects, query: [(name, value)]).status == 400)
    }

    @Test
    func `a parameter that stands there twice is refused, and so is any where there is none`() async throws {
        #expect(try await desk.ask(.listKeys, query: [("limit", "5"), ("limit", "5")]).status == 400)
        #expect(try await desk.ask(.getKey, desk.root.id.description, query: [("limit", "5")]).status == 400)
        #expect(try await desk.ask(.createScope, query: [("x", "")], body: #"{"name":"s"}"#).status == 400)
    }

    // threats: ADM-02
    @Test(arguments: lists)
    func `the cursor leads through a list in order`(list: AdminOperation) async throws {
        for number in 0..<5 {
            _ = try await desk.ask(.createKey, body: #"{"name":"k\#(number)"}"#)
            _ = try await desk.ask(.createProject, body: #"{"name":"p\#(number)"}"#)
            _ = try await desk.ask(.createRole, body: #"{"name":"r\#(number)"}"#)
            _ = try await desk.ask(.createGroup, body: #"{"name":"g/\#(number)"}"#)
            _ = try await desk.ask(.createAudience, body: #"{"name":"https://a\#(number).example/?x=é"}"#)
            _ = try await desk.ask(.createAudience, body: #"{"name":"https://a\#(number).example/?x=%22"}"#)
        }
        let whole = try desk.items(try await desk.ask(list, query: [("limit", "200")]))
        #expect(whole.count >= 5)
        var (seen, cursor): ([String], String?) = ([], nil)
        repeat {
            let query = [("limit", "2")] + (cursor.map { [("cursor", $0)] } ?? [])
            let page = try ListMessage(parsing: try desk.json(try await desk.ask(list, query: query)))
            #expect(page.items.count <= 2)
            seen += page.items.map { String(decoding: $0.serialized, as: UTF8.self) }
            cursor = page.nextCursor
        } while cursor != nil
        #expect(seen == whole)
    }

    @Test
    func `filters narrow a list of keys`() async throws {
        _ = try await desk.ask(.createProject, body: #"{"name":"other"}"#)
        var ids: [String] = []
        for body in [
            #"{"name":"twin"}"#, #"{"name":"twin","project":"other"}"#, #"{"name":"off"}"#,
            #"{"name":"gone"}"#,
        ] {
            ids.append(
                try IssuedKeyMessage(parsing: try desk.json(try await desk.ask(.createKey, body: body))).key
                    .id.description
            )
        }
        _ = try await desk.ask(.disableKey, ids[2])
        _ = try await desk.ask(.deleteKey, ids[3])
        func list(_ query: (String, String)...) async throws -> [String] {
            let page = try ListMessage(parsing: try desk.json(try await desk.ask(.listKeys, query: query)))
            return page.items.compactMap { $0.object?["id"]?.string }
        }
        let root = desk.root.id.description
        #expect(try await list() == [root] + ids[0...2])
        #expect(try await list(("include_revoked", "true")) == [root] + ids)
        #expect(try await list(("include_revoked", "false")) == [root] + ids[0...2])
        #expect(try await list(("name", "twin")) == Array(ids[0...1]))
        #expect(try await list(("name", "twin"), ("project", "other")) == [ids[1]])
        #expect(try await list(("project", "nowhere")).isEmpty)
        #expect(try await list(("status", "disabled")) == [ids[2]])
        #expect(try await list(("status", "revoked")) == [ids[3]])
        #expect(try await list(("status", "active")) == [root] + ids[0...1])
        #expect(try await list(("status", "expired")).isEmpty)
    }

    // threats: SQL-01
    @Test(
        arguments: ["name", "name_prefix", "project", "scope", "role", "group", "audience"],
        ["%", "_", "'", "\"", "' OR 1=1 --", "\\", ";", "*", "k%", "k_", "K0", "\u{0}", "?", "?1", "NULL"]
    )
    func `quotes and wildcards in a filter are data`(name: String, value: String) async throws {
        _ = try await desk.ask(.createKey, body: #"{"name":"k0"}"#)
        let answer = try await desk.ask(.listKeys, query: [(name, value)])
        #expect(answer.status == 200)
        #expect(try desk.items(answer).isEmpty)
    }

    @Test
    func `a list of keys is filtered by what keys hold and sorted both ways`() async throws {
        _ = try await desk.ask(.createScope, body: #"{"name":"reports:read"}"#)
        _ = try await desk.ask(.createRole, body: #"{"name":"reader","scopes":["reports:read"]}"#)
        _ = try await desk.ask(.createGroup, body: #"{"name":"blue"}"#)
        let bodies = [
            #"{"name":"b","scopes":["reports:read"]}"#, #"{"name":"a","roles":["reader"]}"#,
            #"{"name":"c","groups":["blue"],"audiences":["https://a.example"]}"#, #"{"name":"ab"}"#,
        ]
        for body in bodies { #expect(try await desk.ask(.createKey, body: body).status == 201) }
        func list(_ query: (String, String)...) async throws -> [String] {
            let page = try ListMessage(parsing: try desk.json(try await desk.ask(.listKeys, query: query)))
            return page.items.compactMap { $0.object?["name"]?.string }
        }
        #expect(try await list(("scope", "reports:read")) == ["b", "a"])
        #expect(try await list(("role", "reader")) == ["a"])
        #expect(try await list(("group", "blue")) == ["c"])
        #expect(try await list(("audience", "https://a.example")) == ["c"])
        #expect(try await list(("name_prefix", "a")) == ["a", "ab"])
        #expect(try await list(("owner", desk.root.id.description)) == ["b", "a", "c", "ab"])
        #expect(try await list(("sort", "name")) == ["a", "ab", "b", "c", "root"])
        #expect(try await list(("sort", "-name"), ("limit", "2")) == ["root", "c"])
        #expect(try await list(("sort", "-created_at")) == ["ab", "c", "a", "b", "root"])
        #expect(try await list(("scope", "reports:read"), ("sort", "name")) == ["a", "b"])
        #expect(try await list(("role", "writer")).isEmpty)
    }

    // threats: ADM-02
    @Test
    func `the cursor of one order is none of another`() async throws {
        for number in 0..<3 { _ = try await desk.ask(.createKey, body: #"{"name":"k\#(number)"}"#) }
        func page(_ query: [(String, String)]) async throws -> ListMessage {
            try ListMessage(parsing: try desk.json(try await desk.ask(.listKeys, query: query)))
        }
        for order in ["name", "-name", "created_at", "-created_at"] {
            let limit = [("sort", order), ("limit", "1")]
            let cursor = try #require(try await page(limit).nextCursor)
            let second = try await page(limit + [("cursor", cursor)])
            let whole = try await page([("sort", order)])
            #expect(second.items.map(\.serialized) == whole.items.dropFirst().prefix(1).map(\.serialized))
            let other = order.hasSuffix("name") ? "created_at" : "name"
            let answer = try await desk.ask(.listKeys, query: [("sort", other), ("cursor", cursor)])
            #expect(answer.status == 400)
        }
    }
}
