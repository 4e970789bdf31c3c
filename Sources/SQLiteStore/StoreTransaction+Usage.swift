import Administration
import AuthorizationServer
import Foundation
import GRDB
import OAuth
import Primitives

/// Counters of use: listed, and forgotten when they are old.
extension StoreTransaction {
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
        if let last = filter.to { query.require("u.day <= ?", last.number) }
        let first = filter.from?.number ?? 0
        if let project = filter.project {
            guard let number = try optionalNumber(ofProject: project) else { return [] }
            query.require("u.project = ?", number, along: "usageByProject")
        }
        if let after = page.after {
            guard let position = UsageRecord.position(after),
                let number = try optionalNumber(ofKey: position.key)
            else { return [] }
            // Not the first day too: the index would be entered there, and all pages before this one passed over.
            if position.day.number < first { query.require("u.day >= ?", first) }
            query.require("(u.day, u.apiKey) > (?, ?)", position.day.number, number)
        } else {
            query.require("u.day >= ?", first)
        }
        if let key = filter.key {
            guard let number = try optionalNumber(ofKey: key) else { return [] }
            query.require("u.apiKey = ?", number, along: "usageByKey")
        }
        guard let viewer = filter.visibleTo else { return try usage(query, limit: page.limit).map(\.record) }
        guard let number = try optionalNumber(ofKey: viewer) else { return [] }
        // Their own key, and those that they own: two parts of the list, each in its order.
        var (own, owned) = (query, query)
        own.require("u.apiKey = ?", number, along: "usageByKey")
        owned.require("u.owner = ?", number, along: filter.key == nil ? "usageByOwner" : "usageByKey")
        let parts = try usage(own, limit: page.limit) + usage(owned, limit: page.limit)
        let sorted = parts.sorted { ($0.record.day.number, $0.number) < ($1.record.day.number, $1.number) }
        return sorted.prefix(page.limit).map(\.record)
    }

    private func usage(_ query: UsageQuery, limit: Int) throws -> [(record: UsageRecord, number: Int64)] {
        try all(query.sql, query.arguments + [limit]) { (try usageRecord($0), try $0.integer(7)) }
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
    private var index = ""
    private var conditions: [String] = []
    private(set) var arguments: StatementArguments = []

    /// - Parameter index: One whose rows are in order of the list where the condition holds.
    mutating func require(_ condition: String, _ values: Int64..., along index: String? = nil) {
        conditions.append(condition)
        arguments += StatementArguments(values)
        if let index { self.index = "INDEXED BY \(index)" }
    }

    // CROSS JOIN: in order of the counters, whatever the planner believes of the number of keys.
    var sql: String {
        """
        SELECT k.id, k.name, j.id, u.day, u.exchanges, u.refreshes,
            (SELECT group_concat(d.reason || ' ' || d.count, ' ') FROM usageDenial d
             WHERE d.day = u.day AND d.apiKey = u.apiKey), u.apiKey
        FROM usage u \(index)
        CROSS JOIN apiKey k ON k.number = u.apiKey
        CROSS JOIN project j ON j.number = k.project
        WHERE \(conditions.joined(separator: " AND ")) ORDER BY u.day, u.apiKey LIMIT ?
        """
    }
}
