import Administration
import AuthorizationServer
import GRDB
import OAuth
import Synchronization
import TestSupport
import Testing

@testable import SQLiteStore

@Suite("Every statement has a plan that stays cheap")
struct QueryPlanTests {
    // threats: DBF-19
    @Test
    func `no query scans a table or sorts by itself`() throws {
        let database = try DatabaseQueue()
        try Schema.migrate(database)
        let statements = Mutex<Set<String>>([])
        try database.write { db in
            db.trace { event in
                if case .statement(let statement) = event {
                    statements.withLock { _ = $0.insert(statement.sql) }
                }
            }
            try Self.askEverything(StoreTransaction(db), db)
            db.trace()
            let asked = statements.withLock { $0 }.filter { !$0.hasPrefix("PRAGMA") && !$0.hasPrefix("--") }
            #expect(asked.count > 40)
            for sql in asked {
                for step in try QueryPlan.steps(of: sql, in: db) {
                    #expect(QueryPlan.isCheap(step, in: sql), "\(step): \(sql)")
                }
            }
        }
    }

    // threats: DBF-19
    @Test
    func `no statement of a token's life scans a table or sorts by itself`() async throws {
        let store = try SQLiteStore.inMemory()
        try await store.fill()
        let statements = Mutex<Set<String>>([])
        try await store.connections.database.writeWithoutTransaction { db in
            db.trace { event in
                if case .statement(let statement) = event {
                    statements.withLock { _ = $0.insert(statement.sql) }
                }
            }
        }
        try await Self.liveThrough(store)
        try await store.connections.database.writeWithoutTransaction { db in
            db.trace()
            let words = ["SELECT", "INSERT", "UPDATE", "DELETE"]
            let asked = statements.withLock { $0 }
                .filter { sql in words.contains { sql.hasPrefix($0) } && !sql.contains("COMMIT") }
            #expect(asked.count > 25, "\(asked.count)")
            for sql in asked.union(StatusScan.all.map(\.sql)) where !Self.isBounded(sql) {
                for step in try QueryPlan.steps(of: sql, in: db) {
                    #expect(QueryPlan.isCheap(step, in: sql), "\(step): \(sql)")
                }
            }
        }
        store.close()
    }

    /// What looks at few rows whatever the plan: the lists, of 65 536 tokens each; as many denials of a key as it may
    /// have; its families, of which `refresh.max_families` says how many there are.
    private static func isBounded(_ sql: String) -> Bool {
        [
            "DELETE FROM statusList", "SELECT count(*) FROM (SELECT 1 FROM deniedToken",
            "SELECT number, statusList, statusPosition FROM refreshFamily\nWHERE apiKey = ?",
        ].contains { sql.hasPrefix($0) }
    }

    /// Families from their opening until they are forgotten, denials likewise, and what time does to statuses.
    private static func liveThrough(_ store: SQLiteStore) async throws {
        var desk = try await FamilyDesk(store)
        desk.policy.maximumFamilies = 1
        let first = try await desk.opened()
        let token = try await desk.opened()
        let next = try #require(try await desk.rotated(token))
        _ = try await (desk.rotated(token), desk.rotated(first), desk.isRevoked(next))
        _ = try await desk.revoke(next)
        desk.now = desk.now.advanced(by: 61)
        _ = try await desk.rotated(token)
        let now = StoreSample.now
        let denial = TokenDenial(
            token: DeniedToken(id: TokenID(high: 1, low: 1), until: now.advanced(by: 10)),
            owner: StoreSample.keyID(1),
            right: RevocationRight(client: StoreSample.keyID(1), project: StoreSample.project),
            now: now
        )
        _ = await withCheckedContinuation { done in store.deny(denial) { done.resume(returning: $0) } }
        _ = try await (
            store.isDenied(denial.token.id), store.denials(), store.deniedTokens(after: nil, limit: 9)
        )
        let later = now.advanced(by: 400 * 86_400)
        try await store.keepStatuses(since: now, at: later)
        _ = try await store.forgetDeniedTokens(until: later, limit: 10)
        _ = try await store.forgetFamilies(endedUntil: later, limit: 10)
        _ = try await store.tokensIssued(to: StoreSample.keyID(1), since: UsageDay(of: now))
        try await store.proveWritable(at: later)
    }

    // threats: DBF-19
    @Test
    func
        `usage of a project, an administrator or a key is read along an index of it, from where a page begins`()
        throws
    {
        let (key, day) = (StoreSample.keyID(1), UsageDay(number: 5))
        let plans: [(UsageFilter, indexes: [String])] = [
            (UsageFilter(), ["PRIMARY KEY"]), (UsageFilter(project: StoreSample.project), ["usageByProject"]),
            (UsageFilter(visibleTo: key), ["usageByKey", "usageByOwner"]),
            (UsageFilter(key: key), ["usageByKey"]),
            (UsageFilter(visibleTo: key, project: StoreSample.project), ["usageByKey", "usageByOwner"]),
            (UsageFilter(visibleTo: key, key: key), ["usageByKey", "usageByKey"]),
        ]
        let database = try DatabaseQueue()
        try Schema.migrate(database)
        let statements = Mutex<[String]>([])
        try database.write { db in
            let store = StoreTransaction(db)
            try store.insert(StoreSample.project())
            try store.insert(StoreSample.key(1))
            db.trace { event in
                if case .statement(let statement) = event {
                    statements.withLock { $0.append(statement.sql) }
                }
            }
            for (filter, indexes) in plans {
                for after in [nil, "5/\(key)"] {
                    var filter = filter
                    (filter.from, filter.to) = (day, day)
                    statements.withLock { $0 = [] }
                    _ = try store.usage(filter, page: PageRequest(limit: 9, after: after))
                    let asked = statements.withLock { $0 }.filter { $0.contains("FROM usage u") }
                    let found = try asked.map { sql in
                        try QueryPlan.steps(of: sql, in: db).first { $0.hasPrefix("SEARCH u ") } ?? sql
                    }
                    #expect(found.count == indexes.count)
                    for (step, index) in zip(found, indexes) {
                        #expect(
                            step.contains("USING INDEX \(index) (") || step.contains("USING \(index) ("),
                            "\(step)"
                        )
                        let isEntered =
                            after == nil || index == "usageByKey" || step.contains("(day,apiKey)>(?,?)")
                        #expect(isEntered, "\(step)")
                    }
                }
            }
            db.trace()
        }
    }

    private static func askForUsage(_ store: StoreTransaction, _ page: PageRequest) throws {
        var usage = KeyUsage()
        usage.denials = [.quota: 1]
        usage.lastUsedAt = StoreSample.now
        let (day, key) = (UsageDay(of: StoreSample.now), StoreSample.keyID(1))
        let entries = [.unknown, KeyNumber(1)].map { UsageEntry.Key(id: key, number: $0, day: day) }
        try store.add(entries.map { UsageEntry(key: $0, usage: usage) })
        for viewer in [nil, key] {
            for project in [nil, StoreSample.project] {
                for filtered in [nil, key] {
                    for after in [nil, "\(day.number)/\(key)"] {
                        let filter = UsageFilter(
                            visibleTo: viewer,
                            key: filtered,
                            project: project,
                            from: day,
                            to: after == nil ? nil : day
                        )
                        _ = try store.usage(filter, page: PageRequest(limit: page.limit, after: after))
                    }
                }
            }
        }
        _ = try store.forgetUsage(before: day, limit: 10)
    }

    /// Every read and every write, so that every statement is seen.
    private static func askEverything(_ store: StoreTransaction, _ db: Database) throws {
        let now = StoreSample.now
        try store.insert(StoreSample.project())
        for number in 1...3 {
            try store.insert(StoreSample.key(number, owner: number == 1 ? nil : StoreSample.keyID(1)))
        }
        var key = StoreSample.key(1)
        key.scopes = []
        try store.update(key, at: StoreSample.now)
        let page = PageRequest(limit: 10, after: nil)
        for viewer in [nil, StoreSample.keyID(1)] {
            for project in [nil, StoreSample.project] {
                for name in [nil, "reports"] {
                    for status in [nil] + KeyStatus.allCases {
                        let filter = KeyFilter(
                            visibleTo: viewer,
                            project: project,
                            name: name,
                            status: status,
                            includesRevoked: status == nil && name == nil
                        )
                        _ = try store.keys(filter, page: page, at: now)
                    }
                }
            }
        }
        _ = try (store.key(key.id), store.countSuperAdmins(at: now), store.projects(page), store.scopes(page))
        _ = try (store.project(StoreSample.project), store.project(named: "default"), store.audiences(page))
        _ = try (
            store.countKeys(inProject: StoreSample.project), store.scope(named: "a"),
            store.audience(named: "a")
        )
        _ = try (store.isScopeInUse("reports:read"), store.isAudienceInUse("https://a.example"))
        _ = try store.isAudienceInUse("https://a.example", besidesKeysOf: key.id)
        _ = try store.isProjectInUse(StoreSample.project, besidesKeysOf: key.id)
        _ = try store.countSuperAdmins(heldTo: StoreSample.project)
        _ = try ClientQuery.fetch(db, ClientQuery.byDigest, key.digest.stored, sharing: SharedLists())
        _ = try ClientQuery.fetch(db, ClientQuery.byID, key.id.ulid.stored, sharing: SharedLists())
        _ = try (store.key(withDigest: key.digest, at: now), store.taken([key.digest]))
        try store.endTokens(of: key.id, at: now)
        _ = try store.revokeKey(key.digest, by: .system, at: now)
        try askForUsage(store, page)
        try store.update(StoreSample.project(name: "renamed", audiences: []))
        try Self.askRoles(store, db)
        try AuditTests.askEverything(store)
    }

    private static func askRoles(_ store: StoreTransaction, _ db: Database) throws {
        let page = PageRequest(limit: 10, after: nil)
        var (role, group) = (StoreSample.role(1), StoreSample.group(1))
        try store.insert(role)
        try store.insert(group)
        var key = StoreSample.key(1)
        (key.roles, key.groups) = ([role], [group])
        try store.update(key, at: StoreSample.now)
        (role.name, role.scopes, group.name) = ("renamed", ["x"], "renamed")
        try store.update(role)
        try store.update(group)
        _ = try (store.role(named: "reader"), store.roles(page), store.group(named: "a"), store.groups(page))
        _ = try (store.isRoleInUse(role.id), store.isGroupInUse(group.id))
        _ = try store.isRoleInUse(role.id, besidesKeysOf: key.id)
        _ = try (store.longestKeys(withRole: role.id), store.longestKeys(withGroup: group.id))
        _ = try ClientQuery.fetch(db, ClientQuery.byID, key.id.ulid.stored, sharing: SharedLists())
        try store.deleteRole(role.id)
        try store.deleteGroup(group.id)
    }
}
