import Administration
import AuthorizationServer
import Foundation
import GRDB
import OAuth
import Primitives

/// The audit trail: rows that are added to the end, each with the hash of the one before.
extension StoreTransaction {
    private static let auditColumns =
        "number, id, time, actor, action, target, address, requestID, changes, previousHash, hash"

    package func record(_ event: AuditEvent) throws {
        let last = try first(
            "SELECT number, hash, id FROM audit WHERE number = (SELECT max(number) FROM audit)"
        ) { row in
            let id: AuditEventID = try row.identifier(2)
            return (head: try row.auditHead(0), id: id)
        }
        let (milliseconds, overflow) = event.time.seconds.multipliedReportingOverflow(by: 1000)
        let fresh = ULID(milliseconds: overflow ? 0 : milliseconds, random: SystemRandom.bytes(10))
        // Identifiers rise along the trail, whatever the clock does.
        let id = AuditEventID(last.map { max($0.id.ulid.successor, fresh) } ?? fresh)
        let entry = AuditEntry(event, as: id, after: try last?.head ?? auditStart())
        for text in [entry.actor, entry.action, entry.target, entry.requestID, entry.changes] {
            _ = try StoredText.checked(text)
        }
        try execute(
            "INSERT INTO audit (\(Self.auditColumns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                entry.number, entry.id.ulid.stored, entry.time.seconds, entry.actor, entry.action,
                entry.target, entry.address, entry.requestID, entry.changes, entry.previousHash.stored,
                entry.hash.stored,
            ]
        )
    }

    package func auditHead() throws -> AuditHead {
        try first("SELECT number, hash FROM audit WHERE number = (SELECT max(number) FROM audit)") {
            try $0.auditHead(0)
        }
            ?? auditStart()
    }

    package func auditStart() throws -> AuditHead {
        let start = try first("SELECT number, hash FROM auditStart WHERE id = 1") { try $0.auditHead(0) }
        guard let start else { throw StoredRowFault(reason: "no start of the audit trail") }
        return start
    }

    package func auditEntries(after number: Int64, limit: Int) throws -> [AuditEntry] {
        try all(
            "SELECT \(Self.auditColumns) FROM audit WHERE number > ? ORDER BY number LIMIT ?",
            [number, limit],
            auditEntry(_:)
        )
    }

    package func auditEntries(_ filter: AuditFilter, page: PageRequest) throws -> [AuditEntry] {
        var query = AuditQuery(filter)
        if let after = page.after {
            guard let position = AuditEntry.parse(position: after) else { return [] }
            query.begin(after: position)
        }
        return try all(
            """
            SELECT \(Self.auditColumns) FROM audit INDEXED BY \(query.index)
            WHERE \(query.conditions.joined(separator: " AND ")) ORDER BY time DESC, number DESC LIMIT ?
            """,
            query.arguments + [page.limit],
            auditEntry(_:)
        )
    }

    package func forgetAuditEntries(before time: NumericDate, limit: Int) throws -> Int {
        let old = try auditEntries(before: time, limit: limit)
        guard let last = old.last else { return 0 }
        try execute(
            "UPDATE auditStart SET number = ?, hash = ? WHERE id = 1",
            [last.number, last.hash.stored]
        )
        try execute("DELETE FROM audit WHERE number <= ?", [last.number])
        return old.count
    }

    /// Whether ``forgetAuditEntries(before:limit:)`` has anything to forget.
    func hasAuditEntries(before time: NumericDate) throws -> Bool {
        try !auditEntries(before: time, limit: 1).isEmpty
    }

    private func auditEntries(before time: NumericDate, limit: Int) throws -> ArraySlice<AuditEntry> {
        // By number: where the clock went back, the trail is cut before the first event that is young enough.
        let (start, head) = (try auditStart(), try auditHead())
        let entries = try auditEntries(after: start.number, limit: limit)
        return entries.prefix { $0.time < time && $0.number < head.number }
    }

    private func auditEntry(_ row: StoredRow) throws -> AuditEntry {
        AuditEntry(
            number: try row.integer(0),
            id: try row.identifier(1),
            time: try row.date(2),
            actor: try row.text(3),
            action: try row.text(4),
            target: try row.text(5),
            address: try row.text(6),
            requestID: try row.text(7),
            changes: try row.text(8),
            previousHash: try row.digest(9),
            hash: try row.digest(10)
        )
    }
}

/// The WHERE clause of a list of events, and the index that gives its rows in order of time.
///
/// The index is named, not left to the planner, which knows nothing of how many events share an actor.
struct AuditQuery {
    private(set) var index = "auditByTime"
    private(set) var conditions: [String] = []
    private(set) var arguments: StatementArguments = []

    init(_ filter: AuditFilter) {
        // What narrows least comes first; the last one that is there chooses the index.
        let columns = [
            ("action", "auditByAction", filter.action), ("actor", "auditByActor", filter.actor),
            ("target", "auditByTarget", filter.target),
        ]
        for case (let column, let index, let value?) in columns {
            self.index = index
            require("\(column) = ?", value)
        }
        require("time >= ?", filter.from?.seconds ?? .min)
        if let end = filter.to { require("time < ?", end.seconds) }
    }

    mutating func begin(after position: (time: Int64, number: Int64)) {
        require("time <= ?", position.time)
        require("(time, number) < (?, ?)", position.time)
        arguments += [position.number]
    }

    private mutating func require(_ condition: String, _ argument: some DatabaseValueConvertible) {
        conditions.append(condition)
        arguments += [argument]
    }
}

extension StoredRow {
    fileprivate func auditHead(_ column: Int) throws -> AuditHead {
        AuditHead(number: try integer(column), hash: try digest(column + 1))
    }
}
