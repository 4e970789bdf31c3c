import Administration
import AuthorizationServer
import Foundation
import GRDB
import OAuth
import Primitives

/// Counters of use: added to in batches, listed, and forgotten when they are old.
extension StoreTransaction {
    func add(_ usage: [UsageEntry]) throws {
        for entry in usage { try add(entry) }
    }

    private func add(_ entry: UsageEntry) throws {
        let day = entry.key.day.number
        guard let number = try optionalNumber(ofKey: entry.key.id) else { return }
        let usage = entry.usage
        try execute(
            """
            INSERT INTO usage (day, apiKey, exchanges, refreshes) VALUES (?, ?, ?, ?)
            ON CONFLICT (day, apiKey) DO UPDATE SET
            exchanges = exchanges + excluded.exchanges, refreshes = refreshes + excluded.refreshes
            """,
            [day, number, usage.exchanges, usage.refreshes]
        )
        for (reason, count) in usage.denials where count > 0 {
            try execute(
                """
                INSERT INTO usageDenial (day, apiKey, reason, count) VALUES (?, ?, ?, ?)
                ON CONFLICT (day, apiKey, reason) DO UPDATE SET count = count + excluded.count
                """,
                [day, number, reason.rawValue, count]
            )
        }
        guard let date = usage.lastUsedAt else { return }
        try execute(
            """
            INSERT INTO lastUse (apiKey, at, address) VALUES (?, ?, ?)
            ON CONFLICT (apiKey) DO UPDATE SET at = excluded.at, address = excluded.address
            WHERE excluded.at >= at
            """,
            [number, date.seconds, usage.lastUsedFrom?.stored]
        )
    }

    func forgetUsage(before day: UsageDay, limit: Int) throws -> Int {
        try execute(
            """
            DELETE FROM usage WHERE (day, apiKey) IN
            (SELECT day, apiKey FROM usage WHERE day < ? ORDER BY day, apiKey LIMIT ?)
            """,
            [day.number, limit]
        )
        return db.changesCount
    }

    // MARK: Listing

    package func usage(_ filter: UsageFilter, page: PageRequest) throws -> [UsageRecord] {
        var query = UsageQuery()
        query.require("u.day >= ?", filter.from?.number ?? 0)
        if let last = filter.to { query.require("u.day <= ?", last.number) }
        if let key = filter.key {
            guard let number = try optionalNumber(ofKey: key) else { return [] }
            query.index = "INDEXED BY usageByKey"
            query.require("u.apiKey = ?", number)
        }
        if let project = filter.project {
            guard let number = try optionalNumber(ofProject: project) else { return [] }
            query.require("k.project = ?", number)
        }
        if let viewer = filter.visibleTo {
            guard let number = try optionalNumber(ofKey: viewer) else { return [] }
            query.require("(k.owner = ? OR k.number = ?)", number, number)
        }
        if let after = page.after {
            guard let position = UsageRecord.position(after),
                let number = try optionalNumber(ofKey: position.key)
            else { return [] }
            query.require("(u.day, u.apiKey) > (?, ?)", position.day.number, number)
        }
        return try all(query.sql, query.arguments + [page.limit], usageRecord(_:))
    }

    private func usageRecord(_ row: StoredRow) throws -> UsageRecord {
        let words = try row.optional(6) { WordList.words(try row.text($0)) } ?? []
        var counts: [UsageDenial: Int64] = [:]
        for index in stride(from: 0, to: words.count - 1, by: 2) {
            guard let count = Int64(words[index + 1]) else { throw row.fault(6) }
            // A reason of another release is not shown.
            if let reason = UsageDenial(rawValue: words[index]) { counts[reason] = count }
        }
        return UsageRecord(
            key: try row.identifier(0),
            name: try row.text(1),
            project: try row.identifier(2),
            day: UsageDay(number: try row.integer(3)),
            exchanges: try row.integer(4),
            refreshes: try row.integer(5),
            denials: UsageDenial.allCases.compactMap { reason in counts[reason].map { (reason, $0) } }
        )
    }
}

/// A list of counters in order of day and of the key's number, which is that of its creation.
private struct UsageQuery {
    var index = ""
    private var conditions: [String] = []
    private(set) var arguments: StatementArguments = []

    mutating func require(_ condition: String, _ values: Int64...) {
        conditions.append(condition)
        arguments += StatementArguments(values)
    }

    // CROSS JOIN: in order of the counters, whatever the planner believes of the number of keys.
    var sql: String {
        """
        SELECT k.id, k.name, j.id, u.day, u.exchanges, u.refreshes,
            (SELECT group_concat(d.reason || ' ' || d.count, ' ') FROM usageDenial d
             WHERE d.day = u.day AND d.apiKey = u.apiKey)
        FROM usage u \(index)
        CROSS JOIN apiKey k ON k.number = u.apiKey
        CROSS JOIN project j ON j.number = k.project
        WHERE \(conditions.joined(separator: " AND ")) ORDER BY u.day, u.apiKey LIMIT ?
        """
    }
}
