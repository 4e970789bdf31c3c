import AuthorizationServer
import GRDB
import OAuth

/// A range of an index whose rows time alone has made something else, worked through page by page.
struct StatusScan: Sendable {
    enum Kind: Sendable { case keys, families, entries }

    let kind: Kind
    /// Five columns, the time and two that tell rows of one time apart, list and position; then their standing.
    let sql: String
    /// Seconds by which the times of the index lie behind.
    let delay: Int64

    /// Where to go on: behind this row, up to the end.
    struct Page: Sendable {
        var time: Int64
        var first: Int64
        var second: Int64
        var end: Int64
    }

    static let pageSize = 500

    static let all = [
        StatusScan(.keys, "apiKey k INDEXED BY statusOfExpiringKey", ["k.expiresAt", "k.number", "0"]),
        StatusScan(
            .families,
            "refreshFamily f INDEXED BY familyByIdleExpiry",
            ["f.idleExpiry", "f.number", "0"]
        ),
        StatusScan(
            .entries,
            "statusEntry e INDEXED BY endedStatusEntry",
            ["e.endedAt", "e.list", "e.position"],
            delay: StatusTimes.retention
        ),
    ]

    private init(_ kind: Kind, _ table: String, _ order: [String], delay: Int64 = 0) {
        self.kind = kind
        self.delay = delay
        let place = order.joined(separator: ", ")
        let (columns, condition) =
            switch kind {
            case .keys:
                (
                    "k.statusList, k.statusPosition, \(StoreTransaction.keyStanding)",
                    "k.expiresAt IS NOT NULL AND k.statusList IS NOT NULL"
                )
            case .families:
                (
                    "f.statusList, f.statusPosition, \(StoreTransaction.keyStanding), "
                        + StoreTransaction.familyStanding, "true"
                )
            case .entries: ("e.list, e.position", "e.endedAt IS NOT NULL")
            }
        let join = kind == .families ? "CROSS JOIN apiKey k ON k.number = f.apiKey" : ""
        let rows = "SELECT \(place), \(columns) FROM \(table) \(join) WHERE \(condition) AND"
        // In two parts, each of which begins right behind the row: of one time there may be very many.
        sql = """
            \(rows) \(order[0]) = ?1 AND (\(order[1]), \(order[2])) > (?2, ?3) AND ?1 <= ?4
            UNION ALL
            \(rows) \(order[0]) > ?1 AND \(order[0]) <= ?4
            ORDER BY 1, 2, 3 LIMIT \(Self.pageSize)
            """
    }

    /// After `start`, up to and with `end`.
    func firstPage(from start: NumericDate, to end: NumericDate) -> Page {
        Page(
            time: start.advanced(by: -delay).seconds,
            first: .max,
            second: .max,
            end: end.advanced(by: -delay).seconds
        )
    }
}

extension StoreTransaction {
    /// Notes what has become of the rows of one page, or of as many as there is time for.
    ///
    /// - Returns: The next page, `nil` when this was the last.
    func tell(
        _ scan: StatusScan,
        _ page: StatusScan.Page,
        at now: NumericDate,
        _ share: WriterShare = WriterShare()
    ) throws -> StatusScan.Page? {
        let rows = try all(scan.sql, [page.time, page.first, page.second, page.end]) { row in
            try ScannedRow(row, of: scan.kind, endingAt: page.end, now: now)
        }
        for (index, row) in rows.enumerated() {
            guard index == 0 || !share.isOver else { return rows[index - 1].place }
            note(.status(row.reference, row.value))
            if let key = row.key { try noteFamilies(ofKey: row.place.first, key, at: now) }
        }
        return rows.count < StatusScan.pageSize ? nil : rows.last?.place
    }

    /// Whether time alone has changed anything since `start`.
    func hasStatusWork(from start: NumericDate, to now: NumericDate) throws -> Bool {
        for scan in StatusScan.all {
            let page = scan.firstPage(from: start, to: now)
            let found = try first(scan.sql, [page.time, page.first, page.second, page.end]) { _ in true }
            if found == true { return true }
        }
        let kept = now.advanced(by: -StatusTimes.retention)
        return try holds(
            """
            SELECT EXISTS (SELECT 1 FROM apiKey INDEXED BY statusOfRevokedKey
                WHERE revokedAt <= ?1 AND statusList IS NOT NULL)
            OR EXISTS (SELECT 1 FROM apiKey INDEXED BY statusOfExpiringKey
                WHERE expiresAt <= ?1 AND statusList IS NOT NULL)
            OR EXISTS (SELECT 1 FROM statusEntry INDEXED BY endedStatusEntry WHERE endedAt <= ?2)
            OR EXISTS (SELECT 1 FROM statusList WHERE withdrawnAt <= ?2
                AND NOT EXISTS (SELECT 1 FROM statusEntry WHERE list = id))
            """,
            [kept.seconds, kept.advanced(by: -StatusTimes.listLifetime).seconds]
        )
    }

    /// Takes their entries from keys that ended so long ago that no token of theirs can live.
    ///
    /// Their families end by themselves from then on: when an expired key is to live again, they do not.
    ///
    /// - Returns: Whether there may be more.
    func leaveEntriesOfEndedKeys(at now: NumericDate, _ share: WriterShare = WriterShare()) throws -> Bool {
        var count = 0
        for (index, end) in [("statusOfRevokedKey", "revokedAt"), ("statusOfExpiringKey", "expiresAt")] {
            let keys = try all(
                """
                SELECT number, \(end), statusList, statusPosition, digest FROM apiKey INDEXED BY \(index)
                WHERE \(end) <= ? AND statusList IS NOT NULL LIMIT 200
                """,
                [now.advanced(by: -StatusTimes.retention).seconds]
            ) { row in
                (try row.integer(0), try row.date(1), try row.statusReference(2), try row.digest(4))
            }
            for (number, end, reference, digest) in keys {
                guard count == 0 || !share.isOver else { return true }
                count += 1
                guard try endFamilies(ofKey: number, at: end, share) else { return true }
                try execute(
                    "UPDATE apiKey SET statusList = NULL, statusPosition = NULL WHERE number = ?",
                    [number]
                )
                try leaveStatusEntry(reference, endedAt: end, at: now)
                note(.key(digest))
            }
        }
        return count > 0
    }

    /// Ends families whose statuses say so already, a few in one statement.
    ///
    /// - Returns: Whether there was time for all of them.
    private func endFamilies(ofKey number: Int64, at end: NumericDate, _ share: WriterShare) throws -> Bool {
        while true {
            try execute(
                """
                UPDATE refreshFamily SET revokedAt = ? WHERE number IN (
                    SELECT number FROM refreshFamily INDEXED BY liveFamilyByKey
                    WHERE apiKey = ? AND revokedAt IS NULL LIMIT 32
                )
                """,
                [end.seconds, number]
            )
            guard db.changesCount == 32 else { return true }
            guard !share.isOver else { return false }
        }
    }

    /// Makes entries free whose last value no verifier can hold any more, and forgets lists that were withdrawn.
    ///
    /// - Returns: Whether there may be more.
    func freeStatusEntries(at now: NumericDate, _ share: WriterShare = WriterShare()) throws -> Bool {
        let end = now.advanced(by: -StatusTimes.retention - StatusTimes.listLifetime)
        let entries = try all(
            "SELECT list, position FROM statusEntry INDEXED BY endedStatusEntry WHERE endedAt <= ? LIMIT 200",
            [end.seconds]
        ) { try $0.statusReference(0) }
        for (index, entry) in entries.enumerated() {
            guard index == 0 || !share.isOver else { return true }
            try execute(
                "DELETE FROM statusEntry WHERE list = ? AND position = ?",
                [entry.list.value, entry.index]
            )
            try execute("UPDATE statusList SET taken = taken - 1 WHERE id = ?", [entry.list.value])
            note(.status(entry, .valid))
        }
        guard entries.isEmpty else { return true }
        try execute(
            """
            DELETE FROM statusList WHERE withdrawnAt <= ?
            AND NOT EXISTS (SELECT 1 FROM statusEntry WHERE list = id)
            """,
            [end.seconds]
        )
        return false
    }
}

/// One row of a scan, with what is to be told of it.
private struct ScannedRow {
    /// Where to go on behind it.
    let place: StatusScan.Page
    let reference: StatusReference
    let value: StatusValue
    /// How a key stands, for its families.
    let key: GrantStanding?

    init(_ row: StoredRow, of kind: StatusScan.Kind, endingAt end: Int64, now: NumericDate) throws {
        place = StatusScan.Page(
            time: try row.integer(0),
            first: try row.integer(1),
            second: try row.integer(2),
            end: end
        )
        reference = try row.statusReference(3)
        switch kind {
        case .keys:
            let standing = try row.standing(5)
            key = standing
            value = StatusValue(key: standing, at: now)
        case .families:
            key = nil
            value = try row.familyValue(5, at: now)
        case .entries:
            key = nil
            value = .valid
        }
    }
}
