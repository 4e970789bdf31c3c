import AuthorizationServer
import GRDB
import OAuth

/// Counters of use, added to what stands there.
///
/// Mostly a key was used before on the same day: its rows are there, and no index knows what changes in them.
extension StoreTransaction {
    func add(_ usage: [UsageEntry]) throws {
        let rows = try UsageRows(db)
        for entry in usage {
            guard let number = try entry.key.number.value ?? optionalNumber(ofKey: entry.key.id) else {
                continue
            }
            let (day, usage) = (entry.key.day.number, entry.usage)
            guard try rows.count(usage, day, number) else { continue }
            if !usage.denials.isEmpty { try addDenials(usage, day, number) }
            if let date = usage.lastUsedAt { try rows.keep(date, usage.lastUsedFrom, number) }
        }
    }

    private func addDenials(_ usage: KeyUsage, _ day: Int64, _ number: Int64) throws {
        for (reason, count) in usage.denials where count > 0 {
            try execute(
                """
                INSERT INTO usageDenial (day, apiKey, reason, count) VALUES (?, ?, ?, ?)
                ON CONFLICT (day, apiKey, reason) DO UPDATE SET count = count + excluded.count
                """,
                [day, number, reason.rawValue, count]
            )
        }
    }
}

/// The statements that every entry needs.
private struct UsageRows {
    private let addition: RowStatement
    private let beginning: RowStatement
    private let lastUse: RowStatement
    private let firstUse: RowStatement

    init(_ db: Database) throws {
        addition = try RowStatement(
            db,
            """
            UPDATE usage SET exchanges = exchanges + ?3, refreshes = refreshes + ?4
            WHERE day = ?1 AND apiKey = ?2
            """
        )
        beginning = try RowStatement(
            db,
            """
            INSERT INTO usage (day, apiKey, exchanges, refreshes, project, owner)
            SELECT ?1, number, ?3, ?4, project, owner FROM apiKey WHERE number = ?2
            """
        )
        lastUse = try RowStatement(
            db,
            "UPDATE lastUse SET at = ?2, address = ?3 WHERE apiKey = ?1 AND at <= ?2"
        )
        // None where a later use is known.
        firstUse = try RowStatement(
            db,
            "INSERT INTO lastUse (apiKey, at, address) VALUES (?1, ?2, ?3) ON CONFLICT (apiKey) DO NOTHING"
        )
    }

    /// - Returns: Whether there is such a key.
    func count(_ usage: KeyUsage, _ day: Int64, _ number: Int64) throws -> Bool {
        func write(_ statement: RowStatement) throws -> Bool {
            try statement.bind(day, at: 1)
            try statement.bind(number, at: 2)
            try statement.bind(usage.exchanges, at: 3)
            try statement.bind(usage.refreshes, at: 4)
            return try statement.execute() > 0
        }
        return try write(addition) || write(beginning)
    }

    func keep(_ date: NumericDate, _ address: IPAddress?, _ number: Int64) throws {
        func write(_ statement: RowStatement) throws -> Bool {
            try statement.bind(number, at: 1)
            try statement.bind(date.seconds, at: 2)
            try statement.bind(address, at: 3)
            return try statement.execute() > 0
        }
        _ = try write(lastUse) || write(firstUse)
    }
}
