import Administration
import AuthorizationServer
import GRDB
import OAuth
import Primitives

/// Places in status lists (draft-ietf-oauth-status-list): given to grants, and their values told.
extension StoreTransaction {
    /// Entries of a list that are given out at most: above that, drawing at random finds too few free ones.
    static let statusListRoom = StatusReference.listSize / 4 * 3

    /// Takes a random free entry of a list that has room, or of a new list.
    ///
    /// Its value is VALID from the commit on, whatever it was; whoever gets it may note another.
    func takeStatusEntry(at now: NumericDate) throws -> StatusReference {
        guard let entry = try takeStatusEntries(1, at: now).first else {
            throw StoredRowFault(reason: "no entry of a status list")
        }
        return entry
    }

    /// As ``takeStatusEntry(at:)``, many at once.
    func takeStatusEntries(_ count: Int, at now: NumericDate) throws -> [StatusReference] {
        var entries: [StatusReference] = []
        while entries.count < count {
            let (list, room) = try statusListWithRoom() ?? (newStatusList(at: now), Int(Self.statusListRoom))
            let share = min(count - entries.count, room)
            entries += try share > 1 ? takeEntries(share, of: list) : [takeEntry(of: list)]
            try execute("UPDATE statusList SET taken = taken + ? WHERE id = ?", [share, list.value])
        }
        for entry in entries { note(.status(entry, .valid)) }
        return entries
    }

    private func takeEntry(of list: StatusListID) throws -> StatusReference {
        // Three in four are taken at most: a hundred draws fail once in 10^12 at the fullest.
        for _ in 0..<100 {
            let index = Self.randomIndex()
            guard let reference = StatusReference(list: list, index: index) else { continue }
            try execute(
                "INSERT OR IGNORE INTO statusEntry (list, position) VALUES (?, ?)",
                [list.value, index]
            )
            if db.changesCount == 1 { return reference }
        }
        throw StoredRowFault(reason: "a status list with more entries than it says")
    }

    /// As ``takeEntry(of:)``, many with few statements: those that were free are what is returned of them.
    private func takeEntries(_ count: Int, of list: StatusListID) throws -> [StatusReference] {
        let width = 64
        let rows = Array(repeating: "(?, ?)", count: width).joined(separator: ", ")
        let sql = "INSERT OR IGNORE INTO statusEntry (list, position) VALUES \(rows) RETURNING position"
        var entries: [StatusReference] = []
        for _ in 0..<100 where entries.count < count {
            let drawn = Self.randomIndexes(count - entries.count)
            // In ascending order for the pages of the table, and given out as they were drawn.
            let sorted = drawn.sorted()
            var free: Set<Int64> = []
            for start in stride(from: 0, to: sorted.count, by: width) {
                var values = sorted[start..<min(start + width, sorted.count)].flatMap { [list.value, $0] }
                // One statement whatever their number: the last one again is ignored.
                while values.count < 2 * width { values += values.suffix(2) }
                try each(sql, StatementArguments(values)) { free.insert(try $0.integer(0)) }
            }
            for index in drawn where free.remove(index) != nil {
                guard let reference = StatusReference(list: list, index: index) else { continue }
                entries.append(reference)
            }
        }
        guard entries.count == count else {
            throw StoredRowFault(reason: "a status list with more entries than it says")
        }
        return entries
    }

    /// Leaves the entry of a grant whose row is gone, or has another entry now.
    ///
    /// It is free again when no token of that grant can be alive any more, and no copy of the list that says so.
    ///
    /// - Parameter end: When the grant ended: now or before.
    func leaveStatusEntry(_ reference: StatusReference, endedAt end: NumericDate, at now: NumericDate) throws
    {
        let kept = now.advanced(by: -StatusTimes.retention)
        try execute(
            "UPDATE statusEntry SET endedAt = ? WHERE list = ? AND position = ?",
            [max(end, kept).seconds, reference.list.value, reference.index]
        )
        note(.status(reference, end > kept ? .invalid : .valid))
    }

    private func statusListWithRoom() throws -> (StatusListID, room: Int)? {
        let found = try first(
            """
            SELECT id, taken FROM statusList WHERE withdrawnAt IS NULL AND taken < ?
            ORDER BY taken DESC LIMIT 1
            """,
            [Self.statusListRoom]
        ) { (id: try $0.integer(0), room: Int64(Self.statusListRoom) - (try $0.integer(1))) }
        return found.flatMap { found in
            StatusListID(found.id).map { ($0, room: Int(clamping: max(1, found.room))) }
        }
    }

    private func newStatusList(at now: NumericDate) throws -> StatusListID {
        let word = UInt64(bigEndianBytes: SystemRandom.bytes(8)[...]) >> 1
        guard let id = StatusListID(Int64(clamping: max(word, 1))) else {
            throw StoredRowFault(reason: "no identifier for a status list")
        }
        try execute(
            "INSERT INTO statusList (id, createdAt, taken) VALUES (?, ?, 0)",
            [id.value, now.seconds]
        )
        return id
    }

    /// 17 random bits.
    private static func randomIndex() -> Int64 { randomIndexes(1)[0] }

    private static func randomIndexes(_ count: Int) -> [Int64] {
        let bytes = SystemRandom.bytes(3 * count)
        return stride(from: 0, to: bytes.count, by: 3).map { start in
            Int64(UInt32(bigEndianBytes: bytes[start..<start + 3])) & Int64(StatusReference.listSize - 1)
        }
    }
}

extension StoreTransaction {
    /// A key that is not revoked gets an entry, which says how it stands.
    func giveStatus(to key: KeyRecord, at now: NumericDate) throws {
        guard key.revokedAt == nil else { return }
        let reference = try takeStatusEntry(at: now)
        try execute(
            "UPDATE apiKey SET statusList = ?, statusPosition = ? WHERE id = ?",
            [reference.list.value, reference.index, key.id.ulid.stored]
        )
        let value = StatusValue(key: key.standing, at: now)
        if value != .valid { note(.status(reference, value)) }
    }

    /// Tells what a change of a key makes of its own status and of its families'.
    ///
    /// A key that lost its entry, because it had expired long ago, gets another when it is to live again.
    func noteStatus(of key: KeyRecord, at now: NumericDate) throws {
        let id = key.id.ulid.stored
        let found = try first("SELECT number, statusList, statusPosition FROM apiKey WHERE id = ?", [id]) {
            row in
            (number: try row.integer(0), status: try row.optional(1, row.statusReference))
        }
        guard let found else { return }
        if let status = found.status {
            note(.status(status, StatusValue(key: key.standing, at: now)))
        } else {
            try giveStatus(to: key, at: now)
        }
        try noteFamilies(ofKey: found.number, key.standing, at: now)
    }

    /// Of those that were revoked nothing is said: they are INVALID whatever becomes of their key, and until their
    /// rows go there may be very many.
    func noteFamilies(ofKey number: Int64, _ key: GrantStanding, at now: NumericDate) throws {
        try each(
            """
            SELECT f.statusList, f.statusPosition, \(Self.familyStanding)
            FROM refreshFamily f INDEXED BY liveFamilyByKey
            WHERE f.apiKey = ? AND f.revokedAt IS NULL
            """,
            [number]
        ) { row in
            note(.status(try row.statusReference(0), try row.familyValue(2, of: key, at: now)))
        }
    }
}

extension KeyRecord {
    var standing: GrantStanding {
        GrantStanding(isRevoked: revokedAt != nil, isDisabled: isDisabled, expiresAt: expiresAt)
    }
}

extension StoredRow {
    /// The columns of whether a key is revoked, whether it is disabled, and when it expires.
    func standing(_ column: Int) throws -> GrantStanding {
        GrantStanding(
            isRevoked: try bool(column),
            isDisabled: try bool(column + 1),
            expiresAt: try optional(column + 2, date)
        )
    }

    /// The columns of list and position, which stand side by side.
    func statusReference(_ column: Int) throws -> StatusReference {
        guard let list = StatusListID(try integer(column)),
            let reference = StatusReference(list: list, index: try integer(column + 1))
        else { throw fault(column) }
        return reference
    }
}
