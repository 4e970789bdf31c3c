package import AuthorizationServer
import GRDB
package import OAuth

extension SQLiteStore: StatusStore {
    package func loadStatuses(into board: StatusBoard, at now: NumericDate) async throws(StoreUnavailable) {
        while try await answer(isSnapshot: true, { try $0.lacksStatus(at: now) }) {
            try await change { try $0.giveMissingStatuses(at: now) }
        }
        try await answer(isSnapshot: true) { try $0.read(into: board, at: now) }
        board.finishLoading()
    }

    package func keepStatuses(since last: NumericDate, at now: NumericDate) async throws(StoreUnavailable) {
        let start = min(last, now)
        let hasWork = try await answer(isSnapshot: true) { try $0.hasStatusWork(from: start, to: now) }
        guard hasWork else { return }
        // Through the committer although they write nothing: what they tell is in line with all changes.
        for scan in StatusScan.all {
            var page: StatusScan.Page? = scan.firstPage(from: start, to: now)
            while let next = page, !Task.isCancelled {
                page = try await keep { try $0.tell(scan, next, at: now) }
            }
        }
        // Minutes after very many have ended at once: a service that stops leaves the rest to the next start.
        while !Task.isCancelled, try await keep({ try $0.leaveEntriesOfEndedKeys(at: now) }) {}
        while !Task.isCancelled, try await keep({ try $0.freeStatusEntries(at: now) }) {}
    }
}

/// Which keys are not VALID, each kind by an index of its own that holds no others.
private enum KeyException: CaseIterable {
    case revoked, disabled, expired

    var index: String {
        switch self {
        case .revoked: "statusOfRevokedKey"
        case .disabled: "statusOfDisabledKey"
        case .expired: "statusOfExpiringKey"
        }
    }

    var condition: String {
        switch self {
        // Each with the one argument, whether it needs it or not.
        case .revoked: "k.revokedAt IS NOT NULL AND ?1 IS NOT NULL"
        case .disabled: "k.isDisabled = 1 AND ?1 IS NOT NULL"
        case .expired: "k.expiresAt IS NOT NULL AND k.expiresAt <= ?1"
        }
    }
}

extension StoreTransaction {
    /// Keys made before keys had entries, or by hand.
    fileprivate func lacksStatus(at now: NumericDate) throws -> Bool {
        try holds(
            """
            SELECT EXISTS (SELECT 1 FROM apiKey INDEXED BY keyWithoutStatus
                WHERE statusList IS NULL AND revokedAt IS NULL AND expiresAt IS NULL)
            OR EXISTS (SELECT 1 FROM apiKey INDEXED BY keyWithoutStatus
                WHERE statusList IS NULL AND revokedAt IS NULL AND expiresAt > ?)
            """,
            [now.seconds]
        )
    }

    /// Some of them; the rest is for the next transaction.
    fileprivate func giveMissingStatuses(at now: NumericDate) throws {
        let keys = try all(
            """
            SELECT number FROM apiKey WHERE statusList IS NULL AND revokedAt IS NULL
            AND (expiresAt IS NULL OR expiresAt > ?) LIMIT 2000
            """,
            [now.seconds]
        ) { try $0.integer(0) }
        for number in keys {
            let reference = try takeStatusEntry(at: now)
            try execute(
                "UPDATE apiKey SET statusList = ?, statusPosition = ? WHERE number = ?",
                [reference.list.value, reference.index, number]
            )
        }
    }

    fileprivate func read(into board: StatusBoard, at now: NumericDate) throws {
        for (id, isWithdrawn) in try statusLists() { board.add(id, isWithdrawn: isWithdrawn) }
        for exception in KeyException.allCases {
            try each(
                """
                SELECT k.statusList, k.statusPosition, \(Self.keyStanding)
                FROM apiKey k INDEXED BY \(exception.index)
                WHERE \(exception.condition) AND k.statusList IS NOT NULL
                """,
                [now.seconds]
            ) { row in
                board.set(try row.statusReference(0), to: StatusValue(key: try row.standing(2), at: now))
            }
            try each(
                """
                SELECT f.statusList, f.statusPosition, \(Self.keyStanding), \(Self.familyStanding)
                FROM apiKey k INDEXED BY \(exception.index) CROSS JOIN refreshFamily f ON f.apiKey = k.number
                WHERE \(exception.condition) AND k.statusList IS NOT NULL
                """,
                [now.seconds]
            ) { row in board.set(try row.statusReference(0), to: try row.familyValue(2, at: now)) }
        }
        for (index, condition) in [
            ("familyByRevocation", "f.revokedAt IS NOT NULL AND ?1 IS NOT NULL"),
            ("familyByIdleExpiry", "f.idleExpiry <= ?1"),
        ] {
            try each(
                """
                SELECT f.statusList, f.statusPosition, \(Self.keyStanding), \(Self.familyStanding)
                FROM refreshFamily f INDEXED BY \(index) CROSS JOIN apiKey k ON k.number = f.apiKey
                WHERE \(condition)
                """,
                [now.seconds]
            ) { row in board.set(try row.statusReference(0), to: try row.familyValue(2, at: now)) }
        }
        try each(
            "SELECT list, position FROM statusEntry INDEXED BY endedStatusEntry WHERE endedAt > ?",
            [now.advanced(by: -StatusTimes.retention).seconds]
        ) { row in board.set(try row.statusReference(0), to: .invalid) }
    }

    private func statusLists() throws -> [(StatusListID, Bool)] {
        try all("SELECT id, withdrawnAt IS NOT NULL FROM statusList") { row in
            guard let id = StatusListID(try row.integer(0)) else { throw row.fault(0) }
            return (id, try row.bool(1))
        }
    }
}

extension StoreTransaction {
    /// Columns that ``StoredRow/standing(_:)`` reads.
    static let keyStanding = "k.revokedAt IS NOT NULL, k.isDisabled, k.expiresAt"
    /// Behind them, columns that ``StoredRow/familyValue(_:at:)`` reads.
    static let familyStanding = "f.revokedAt IS NOT NULL, min(f.idleExpiry, f.absoluteExpiry)"

    /// Reads rows one by one: of some there may be very many.
    func each(_ sql: String, _ arguments: StatementArguments, _ read: (StoredRow) throws -> Void) throws {
        let rows = try StoredRows(db.cachedStatement(sql: sql), arguments)
        while let row = try rows.next() { try read(row) }
    }
}

extension StoredRow {
    /// The status of a family, from the standing of its key and then its own.
    func familyValue(_ column: Int, at now: NumericDate) throws -> StatusValue {
        try familyValue(column + 3, of: standing(column), at: now)
    }

    func familyValue(_ column: Int, of key: GrantStanding, at now: NumericDate) throws -> StatusValue {
        let family = GrantStanding(isRevoked: try bool(column), expiresAt: try date(column + 1))
        return StatusValue(key: key, family: family, at: now)
    }
}
