import AdminAPI
import Administration
import HTTPFrontEnd
import OAuth
import Primitives
import Testing

@Suite("Pages of a list that changes while it is read")
struct AdminPagesTests {
    let desk: AdminDesk
    /// Identifiers of the keys `k0` to `k5`, which come after the root key.
    private let ids: [String]

    init() async throws {
        desk = try await AdminDesk()
        var ids: [String] = []
        for number in 0..<6 {
            let made = try await desk.ask(.createKey, body: #"{"name":"k\#(number)"}"#)
            ids.append(try #require(try desk.json(made).object?["id"]?.string))
        }
        self.ids = ids
    }

    /// The names on all pages of two; `change` is called after the page with that number.
    private func names(
        _ list: AdminOperation = .listKeys,
        _ query: [(String, String)] = [],
        after number: Int,
        _ change: () async throws -> Void
    ) async throws -> [String] {
        var (seen, cursor, pages): ([String], String?, Int) = ([], nil, 0)
        repeat {
            let asked = query + [("limit", "2")] + (cursor.map { [("cursor", $0)] } ?? [])
            let page = try ListMessage(parsing: try desk.json(try await desk.ask(list, query: asked)))
            seen += page.items.compactMap { $0.object?["name"]?.string }
            cursor = page.nextCursor
            pages += 1
            if pages == number { try await change() }
        } while cursor != nil && pages < 20
        return seen
    }

    private func rename(_ index: Int, _ name: String) async throws {
        let answer = try await desk.ask(.updateKey, ids[index], body: #"{"name":"\#(name)"}"#)
        #expect(answer.status == 200)
    }

    private func delete(_ operation: AdminOperation, _ target: String) async throws {
        let answer = try await desk.ask(operation, target)
        #expect(answer.status == 204)
    }

    @Test(arguments: ["created_at", "name"])
    func `a key that is revoked goes from the pages to come, and no other is left out or shown twice`(
        order: String
    ) async throws {
        // The first page ends with k0 by creation, and with k1 by name, after which root comes last.
        let isByName = order.utf8.elementsEqual("name".utf8)
        let seen = try await names(.listKeys, [("sort", order)], after: 1) {
            for index in [0, 1, 3] { try await delete(.deleteKey, ids[index]) }
        }
        let expected =
            isByName ? ["k0", "k1", "k2", "k4", "k5", "root"] : ["root", "k0", "k2", "k4", "k5"]
        #expect(seen == expected)
        let all = try await names(.listKeys, [("sort", order), ("include_revoked", "true")], after: 0) {}
        #expect(all.count == 7)
    }

    @Test
    func `a key that is revoked between two pages of all keys is shown all the same`() async throws {
        let seen = try await names(.listKeys, [("include_revoked", "true")], after: 1) {
            for index in [0, 2] { try await delete(.deleteKey, ids[index]) }
        }
        #expect(seen == ["root", "k0", "k1", "k2", "k3", "k4", "k5"])
    }

    @Test
    func `by creation a renamed key stays where it is, and a new one comes last`() async throws {
        let seen = try await names(after: 2) {
            try await rename(0, "zz")
            try await rename(4, "aa")
            _ = try await desk.ask(.createKey, body: #"{"name":"a new one"}"#)
        }
        #expect(seen == ["root", "k0", "k1", "k2", "k3", "aa", "k5", "a new one"])
    }

    @Test
    func `by name a renamed key is where its name is, and all others are shown once`() async throws {
        let forward = try await names(.listKeys, [("sort", "name")], after: 2) {
            try await rename(0, "k4b")
            try await rename(5, "a")
        }
        #expect(forward == ["k0", "k1", "k2", "k3", "k4", "k4b", "root"])
        // The one that the cursor names may have another name by now, or be gone.
        let backward = try await names(.listKeys, [("sort", "-name")], after: 1) {
            try await rename(0, "zz")
            try await delete(.deleteKey, ids[4])
        }
        #expect(backward == ["root", "k4b", "k3", "k2", "k1", "a"])
    }

    @Test(arguments: [
        (AdminOperation.listRoles, AdminOperation.createRole, AdminOperation.deleteRole),
        (.listGroups, .createGroup, .deleteGroup), (.listAudiences, .createAudience, .deleteAudience),
    ])
    func `what is deleted goes from the pages to come`(
        list: AdminOperation,
        create: AdminOperation,
        delete: AdminOperation
    ) async throws {
        for name in ["a", "b", "c", "d", "e", "f"] {
            #expect(try await desk.ask(create, body: #"{"name":"\#(name)"}"#).status == 201)
        }
        let seen = try await names(list, after: 1) {
            // The one that the cursor names, and one ahead of it.
            for name in ["b", "d"] { try await self.delete(delete, name) }
            _ = try await desk.ask(create, body: #"{"name":"bb"}"#)
        }
        #expect(seen == ["a", "b", "bb", "c", "e", "f"])
    }
}
