import Administration
import AuthorizationServer
import OAuth
import Testing

extension StoreConformance {
    private static let second = ProjectID(ULID(high: 1, low: 9))

    static let projectRules: [Rule] = [
        Rule("a project is read as it was written, by id and by name") { store, _ in
            var project = StoreSample.project(second, name: "é", audiences: ["b", "a c"])
            project.allowedAddresses = []
            project.accessTokenLifetime = nil
            try await store.change { [project] store in
                try store.insert(StoreSample.project())
                try store.insert(project)
            }
            let byID = try #require(await store.project(second))
            let byName = try #require(await store.project(named: "é"))
            #expect(same(byID, project) && same(byName, project))
            #expect(try await store.project(named: "e\u{301}") == nil)
        },
        Rule("projects are listed by id") { store, _ in
            try await store.change { store in
                try store.insert(StoreSample.project(second, name: "a"))
                try store.insert(StoreSample.project())
            }
            let first = try await store.read { try $0.projects(PageRequest(limit: 1, after: nil)) }
            #expect(first.map(\.id) == [StoreSample.project])
            let after = PageRequest(limit: 5, after: StoreSample.project.description)
            let found5 = try await store.read { try $0.projects(after) }
            #expect(found5.map(\.id) == [second])
        },
        Rule("a project's name is its own") { store, _ in
            try await store.fill([])
            let outcome1 = await store.failure { try $0.insert(StoreSample.project(second)) }
            #expect(outcome1 is AdminRefusal)
            #expect(try await store.project(second) == nil)
        },
        Rule("a project with keys stays, whatever state they are in") { store, log in
            var key = StoreSample.key(1)
            key.revokedAt = StoreSample.now
            try await store.fill([key])
            try await store.change { try $0.insert(StoreSample.project(second, name: "empty")) }
            _ = log.take()
            let outcome2 = await store.failure { try $0.deleteProject(StoreSample.project) }
            #expect(outcome2 is AdminRefusal)
            #expect(log.take() == [])
            #expect(try await store.client(withID: key.id) != nil)
            #expect(try await store.countKeys(inProject: StoreSample.project) == 1)
            try await store.change { try $0.deleteProject(second) }
            #expect(try await store.project(second) == nil)
            #expect(log.take() == ["everything"])
        },
        Rule("a project's change makes every cached client stale, unless it is nothing to clients") {
            store,
            log in
            try await store.fill()
            _ = log.take()
            try await store.change { try $0.update(StoreSample.project(name: "renamed")) }
            #expect(log.take() == [])
            try await store.change { store in
                try store.update(StoreSample.key(1), at: StoreSample.now)
                try store.update(StoreSample.project(name: "renamed", audiences: ["urn:another"]))
            }
            #expect(log.take() == ["everything"])
        },
        Rule("what is not there cannot be changed") { store, _ in
            let outcome3 = await store.failure { try $0.update(StoreSample.project()) }
            #expect(outcome3 is AdminRefusal)
            let outcome4 = await store.failure { try $0.deleteProject(StoreSample.project) }
            #expect(outcome4 is AdminRefusal)
        },
    ]
}
