import Administration
import AuthorizationServer
import OAuth
import Primitives
import Testing

extension StoreConformance {
    static let usageRules: [Rule] = [
        Rule("limits are kept with the key, for administrators and for the token path") { store, _ in
            var key = StoreSample.key(1)
            key.rateLimit = RateLimit(requests: 100, seconds: 60)
            key.quota = TokenQuota(tokens: 5, period: .month, isEnforced: false)
            try await store.fill([key, StoreSample.key(2)])
            let stored = try #require(await store.key(key.id))
            #expect(same(stored, key))
            let client = try #require(await store.client(withDigest: key.digest))
            #expect(client.rateLimit == key.rateLimit && client.quota == key.quota)
            #expect(try await store.client(withDigest: StoreSample.digest(2))?.rateLimit == nil)
            key.rateLimit = nil
            key.quota = TokenQuota(tokens: 6, period: .day)
            try await store.change { [key] in try $0.update(key, at: StoreSample.now) }
            #expect(try await store.client(withID: key.id)?.rateLimit == nil)
            #expect(try await store.client(withID: key.id)?.quota == key.quota)
        },
        Rule("counters add up, and the last use is the latest one") { store, log in
            try await store.fill([StoreSample.key(1), StoreSample.key(2)])
            _ = log.take()
            try await store.add([UsageSample.entry(1, day: 10, exchanges: 3, refreshes: 1, at: 900)])
            try await store.add([
                UsageSample.entry(1, day: 10, exchanges: 4, at: 800),
                UsageSample.entry(1, day: 11, exchanges: 1),
                UsageSample.entry(2, day: 10, denials: [.quota: 2, .rateLimit: 1]),
                UsageSample.entry(99, day: 10, exchanges: 1),
            ])
            try await store.add([UsageSample.entry(2, day: 10, denials: [.quota: 5])])
            #expect(log.take() == [])
            let page = PageRequest(limit: 10, after: nil)
            let usage = try await store.read { try $0.usage(UsageFilter(), page: page) }
            #expect(
                usage.map(UsageSample.text) == ["10 1 7+1 ", "10 2 0+0 rate_limit=1 quota=7", "11 1 1+0 "]
            )
            let key = try #require(await store.key(StoreSample.keyID(1)))
            #expect(key.lastUsedAt == NumericDate(900) && key.lastUsedFrom == IPAddress(v4: 77))
            #expect(try await store.key(StoreSample.keyID(2))?.lastUsedAt == nil)
            #expect(try await store.tokensIssued(to: key.id, since: UsageDay(number: 10)) == 9)
            #expect(try await store.tokensIssued(to: key.id, since: UsageDay(number: 11)) == 1)
            #expect(try await store.tokensIssued(to: key.id, since: UsageDay(number: 12)) == 0)
        },
        Rule("counters are the same by a key's number as by its identifier") { store, _ in
            try await store.fill([StoreSample.key(1), StoreSample.key(2)])
            let first = try #require(await store.client(withDigest: StoreSample.digest(1))).number
            let second = try #require(await store.client(withID: StoreSample.keyID(2))).number
            #expect(first != second && first.value != nil && second.value != nil)
            let nobody = KeyNumber(1 << 31)
            for (number, at) in [(second, Int64(701)), (.unknown, 702), (second, 703)] {
                try await store.add([
                    UsageSample.entry(2, number, day: 10, exchanges: 5, denials: [.quota: 1], at: at),
                    UsageSample.entry(9, nobody, day: 10, exchanges: 1, denials: [.quota: 1], at: 900),
                    UsageSample.entry(1, first, day: 10, refreshes: 2),
                ])
            }
            let page = PageRequest(limit: 10, after: nil)
            let usage = try await store.read { try $0.usage(UsageFilter(), page: page) }
            #expect(usage.map(UsageSample.text) == ["10 1 0+6 ", "10 2 15+0 quota=3"])
            #expect(try await store.key(StoreSample.keyID(2))?.lastUsedAt == NumericDate(703))
            #expect(try await store.key(StoreSample.keyID(1))?.lastUsedAt == nil)
        },
        Rule("a last use from nowhere known replaces one that was, and an earlier one does not") { store, _ in
            try await store.fill([StoreSample.key(1)])
            try await store.add([UsageSample.entry(1, day: 10, at: 900)])
            #expect(try await store.key(StoreSample.keyID(1))?.lastUsedFrom == IPAddress(v4: 77))
            try await store.add([UsageSample.entry(1, day: 10, at: 899)])
            #expect(try await store.key(StoreSample.keyID(1))?.lastUsedFrom == IPAddress(v4: 77))
            try await store.add([UsageSample.entry(1, day: 10, at: 901)])
            let key = try #require(await store.key(StoreSample.keyID(1)))
            #expect(key.lastUsedAt == NumericDate(901) && key.lastUsedFrom == nil)
        },
        Rule("usage is listed by key, project, owner and day, a page at a time") { store, _ in
            let other = ProjectID(ULID(high: 1, low: 9))
            try await store.fill([])
            try await store.change { store in
                try store.insert(StoreSample.project(other, name: "other"))
                try store.insert(StoreSample.key(1))
                try store.insert(StoreSample.key(2, owner: StoreSample.keyID(1)))
                try store.insert(StoreSample.key(3, in: other))
            }
            try await store.add(
                (1...3).flatMap { key in (5...7).map { UsageSample.entry(key, day: $0, exchanges: 1) } }
            )
            func list(_ filter: UsageFilter, limit: Int = 100) async throws -> [String] {
                var (all, after): ([String], String?) = ([], nil)
                while true {
                    let page = PageRequest(limit: limit, after: after)
                    let part = try await store.read { try $0.usage(filter, page: page) }
                    guard let last = part.last else { return all }
                    all += part.map { "\($0.day.number)/\($0.key.ulid.low)" }
                    after = last.position
                }
            }
            let all = (5...7).flatMap { day in (1...3).map { "\(day)/\($0)" } }
            #expect(try await list(UsageFilter()) == all)
            #expect(try await list(UsageFilter(), limit: 2) == all)
            #expect(try await list(UsageFilter(key: StoreSample.keyID(2))) == ["5/2", "6/2", "7/2"])
            #expect(
                try await list(UsageFilter(key: StoreSample.keyID(2)), limit: 1) == ["5/2", "6/2", "7/2"]
            )
            #expect(try await list(UsageFilter(project: other, from: UsageDay(number: 6))) == ["6/3", "7/3"])
            #expect(
                try await list(
                    UsageFilter(visibleTo: StoreSample.keyID(1), to: UsageDay(number: 5)),
                    limit: 1
                )
                    == ["5/1", "5/2"]
            )
            #expect(try await list(UsageFilter(key: StoreSample.keyID(4))) == [])
            #expect(
                try await list(UsageFilter(visibleTo: StoreSample.keyID(2), key: StoreSample.keyID(3))) == []
            )
        },
        Rule("counters are listed with the project and the owner that their key has now") { store, _ in
            let other = ProjectID(ULID(high: 1, low: 9))
            let (first, second) = (StoreSample.keyID(1), StoreSample.keyID(2))
            var moved = StoreSample.key(3, owner: first)
            try await store.fill([StoreSample.key(1), StoreSample.key(2), moved])
            try await store.change { try $0.insert(StoreSample.project(other, name: "other")) }
            try await store.add([UsageSample.entry(3, day: 5, exchanges: 1)])
            func days(_ filter: UsageFilter) async throws -> [Int64] {
                let page = PageRequest(limit: 9, after: nil)
                return try await store.read { try $0.usage(filter, page: page) }.map(\.day.number)
            }
            #expect(try await days(UsageFilter(project: StoreSample.project)) == [5])
            #expect(try await days(UsageFilter(visibleTo: first)) == [5])
            (moved.project, moved.owner) = (other, second)
            try await store.change { [moved] in try $0.update(moved, at: StoreSample.now) }
            try await store.add([UsageSample.entry(3, day: 6, exchanges: 1)])
            for filter in [UsageFilter(project: StoreSample.project), UsageFilter(visibleTo: first)] {
                #expect(try await days(filter) == [])
            }
            for filter in [UsageFilter(project: other), UsageFilter(visibleTo: second)] {
                #expect(try await days(filter) == [5, 6])
            }
            #expect(try await days(UsageFilter(visibleTo: second, project: StoreSample.project)) == [])
        },
        Rule("old counters are forgotten in batches, and the last use stays known") { store, _ in
            try await store.fill([StoreSample.key(1)])
            try await store.add(
                (1...5).map { UsageSample.entry(1, day: $0, exchanges: 1, denials: [.quota: 1], at: 50) }
            )
            #expect(try await store.forgetUsage(before: UsageDay(number: 4), limit: 2) == 2)
            #expect(try await store.forgetUsage(before: UsageDay(number: 4), limit: 2) == 1)
            #expect(try await store.forgetUsage(before: UsageDay(number: 4), limit: 2) == 0)
            let page = PageRequest(limit: 10, after: nil)
            let usage = try await store.read { try $0.usage(UsageFilter(), page: page) }
            #expect(usage.map(\.day.number) == [4, 5])
            #expect(try await store.key(StoreSample.keyID(1))?.lastUsedAt == NumericDate(50))
        },
    ]
}

private enum UsageSample {
    static func entry(
        _ key: Int,
        _ number: KeyNumber = .unknown,
        day: Int,
        exchanges: Int64 = 0,
        refreshes: Int64 = 0,
        denials: [UsageDenial: Int64] = [:],
        at seconds: Int64? = nil
    ) -> UsageEntry {
        var usage = KeyUsage()
        usage.exchanges = exchanges
        usage.refreshes = refreshes
        usage.denials = denials
        usage.lastUsedAt = seconds.map { NumericDate($0) }
        usage.lastUsedFrom = seconds == 900 ? IPAddress(v4: 77) : nil
        return UsageEntry(
            key: .init(id: StoreSample.keyID(key), number: number, day: UsageDay(number: Int64(day))),
            usage: usage
        )
    }

    static func text(_ usage: UsageRecord) -> String {
        let denials = usage.denials.map { "\($0.reason.rawValue)=\($0.count)" }.joined(separator: " ")
        return "\(usage.day.number) \(usage.key.ulid.low) \(usage.exchanges)+\(usage.refreshes) \(denials)"
    }
}
