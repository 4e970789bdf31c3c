import AuthorizationServer
import Foundation
import GRDB
import OAuth
import Primitives

/// Refresh families: one row each, joined with its key's whenever it is read.
extension StoreTransaction {
    struct StoredFamily {
        let number: Int64
        let family: RefreshFamily
        let key: GrantStanding
        /// The number of its key's project.
        let project: Int64
    }

    func family(_ id: FamilyID) throws -> StoredFamily? {
        let look = try RowStatement(
            db,
            """
            SELECT f.number, f.id, k.id, f.scope, f.audiences, f.generation, f.rotatedAt, f.rotatedFrom,
                f.idleExpiry, f.absoluteExpiry, f.revokedAt, f.nonce, f.secretID, f.statusList,
                f.statusPosition, k.revokedAt IS NOT NULL, k.isDisabled, k.expiresAt, k.project
            FROM refreshFamily f
            CROSS JOIN apiKey k ON k.number = f.apiKey
            WHERE f.id = ?
            """
        )
        try look.bind(id.ulid, at: 1)
        return try look.first(storedFamily(_:))
    }

    private func storedFamily(_ row: StoredRow) throws -> StoredFamily {
        guard let generation = UInt32(exactly: try row.integer(5)) else { throw row.fault(5) }
        let family = RefreshFamily(
            id: try row.identifier(1),
            client: try row.identifier(2),
            scope: try row.utf8(3).split(separator: UInt8(ascii: " ")).map(Array.init),
            audiences: try row.texts(4),
            generation: generation,
            rotatedAt: try row.date(6),
            rotatedFrom: try row.optional(7, row.address),
            idleExpiry: try row.date(8),
            absoluteExpiry: try row.date(9),
            revokedAt: try row.optional(10, row.date),
            nonce: try row.bytes(11),
            secretID: try row.bytes(12),
            status: try row.statusReference(13)
        )
        return StoredFamily(
            number: try row.integer(0),
            family: family,
            key: try row.standing(15),
            project: try row.integer(18)
        )
    }

    // MARK: Changes

    func rotate(_ rotation: Rotation, _ replays: ReplayMemory) throws -> Rotation.Outcome {
        let token = rotation.token
        guard let stored = try family(token.family) else {
            return .init(.refused(RefreshTokenGrant.refusal("of no family", token)))
        }
        let family = stored.family
        switch RefreshTokenGrant.judge(rotation, against: family, key: stored.key) {
        case .refuse(let error): return .init(.refused(error))
        case .rotate(let grant, to: let next):
            try update(stored.number, to: next, from: family.generation)
            let successor = rotation.secret.token(next.generation, of: family.id, nonce: family.nonce)
            return .init(.granted(successor, grant))
        case .repeatSuccessor(let grant, let isFromElsewhere):
            let successor = rotation.secret.token(family.generation, of: family.id, nonce: family.nonce)
            guard isFromElsewhere, replays.isFirst(family.id, token.generation) else {
                return .init(.granted(successor, grant))
            }
            let event = RefreshEvent(.replay, family: family.id, client: family.client)
            try record(event.audited(by: rotation))
            return .init(.granted(successor, grant), event: event)
        case .endFamily(let kind):
            let event = RefreshEvent(kind, family: family.id, client: family.client)
            try atomically {
                try end(stored.number, family.status, at: rotation.now)
                try record(event.audited(by: rotation))
            }
            return .init(.refused(RefreshTokenGrant.refusal(kind.rawValue, token)), event: event)
        }
    }

    /// A compare-and-swap on the generation, though nobody else writes between the look and the change.
    private func update(_ number: Int64, to next: RefreshFamily, from generation: UInt32) throws {
        let change = try RowStatement(
            db,
            """
            UPDATE refreshFamily SET generation = ?, rotatedAt = ?, rotatedFrom = ?, idleExpiry = ?
            WHERE number = ? AND generation = ?
            """
        )
        try change.bind(Int64(next.generation), at: 1)
        try change.bind(next.rotatedAt.seconds, at: 2)
        try change.bind(next.rotatedFrom, at: 3)
        try change.bind(next.idleExpiry.seconds, at: 4)
        try change.bind(number, at: 5)
        try change.bind(Int64(generation), at: 6)
        guard try change.execute() == 1 else {
            throw StoredRowFault(reason: "another generation than it read")
        }
    }

    /// Ends a family for good; its row stays for a while, so that the log can tell what a late token was.
    func end(_ number: Int64, _ status: StatusReference, at now: NumericDate) throws {
        try execute(
            "UPDATE refreshFamily SET revokedAt = ? WHERE number = ? AND revokedAt IS NULL",
            [now.seconds, number]
        )
        note(.status(status, .invalid))
    }

    func revoke(_ revocation: FamilyRevocation) throws -> RevocationOutcome {
        let (token, right) = (revocation.token, revocation.right)
        guard let stored = try family(token.family), revocation.secret.id == stored.family.secretID,
            revocation.secret.isGenuine(token, nonce: stored.family.nonce)
        else { return .done }
        let project = try right.project.flatMap { try optionalNumber(ofProject: $0) }
        guard stored.family.client == right.client || stored.project == project else { return .notYours }
        try end(stored.number, stored.family.status, at: revocation.now)
        return .done
    }
}

extension StoredRow {
    func address(_ column: Int) throws -> IPAddress {
        guard let pair = ULID(bytes: try bytes(column)) else { throw fault(column) }
        return IPAddress(high: pair.high, low: pair.low)
    }

    /// A JSON array of strings.
    func texts(_ column: Int) throws -> [String] {
        guard let values = try? JSONValue(parsing: utf8(column), maximumDepth: 2).array else {
            throw fault(column)
        }
        return try values.map { value in
            guard let text = value.string else { throw fault(column) }
            return text
        }
    }
}

extension IPAddress {
    /// 16 bytes, most significant first.
    var stored: Data { Data(ULID(high: high, low: low).bytes) }
}
