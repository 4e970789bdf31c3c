import Administration
package import AuthorizationServer
import Foundation
import GRDB
package import OAuth
package import Primitives

extension SQLiteStore: DenialStore {
    package func deny(
        _ denial: TokenDenial,
        via carrier: (any AnswerCarrier)?,
        _ done: @escaping @Sendable (CommitResult<RevocationOutcome>) -> Void
    ) {
        committer.submit(via: carrier, { transaction in try transaction.deny(denial) }, done)
    }

    package func revokeKey(
        _ digest: SHA256Digest,
        by source: AuditSource,
        at now: NumericDate,
        _ done: @escaping @Sendable (CommitResult<RevocationOutcome>) -> Void
    ) {
        committer.submit({ transaction in try transaction.revokeKey(digest, by: source, at: now) }, done)
    }

    package func isDenied(_ id: TokenID) async throws(StoreUnavailable) -> Bool {
        try await answer { transaction in
            try transaction.holds(
                "SELECT EXISTS (SELECT 1 FROM deniedToken WHERE jti = ?)",
                [id.stored]
            )
        }
    }

    package func denials() async throws(StoreUnavailable) -> DenialSummary {
        try await answer { transaction in
            let summary = try transaction.first("SELECT count, forgottenUntil FROM deniedTotal WHERE id = 1")
            { row in
                DenialSummary(count: Int(clamping: try row.integer(0)), forgottenUntil: try row.date(1))
            }
            guard let summary else { throw StoredRowFault(reason: "no count of denied tokens") }
            return summary
        }
    }

    package func deniedTokens(
        after id: TokenID?,
        limit: Int
    ) async throws(StoreUnavailable) -> [DeniedToken] {
        try await answer { transaction in
            try transaction.all(
                "SELECT jti, until FROM deniedToken WHERE jti > ? ORDER BY jti LIMIT ?",
                [id?.stored ?? Data(), limit]
            ) { row in
                guard let id = TokenID(bytes: try row.bytes(0)) else { throw row.fault(0) }
                return DeniedToken(id: id, until: try row.date(1))
            }
        }
    }

    package func forgetDeniedTokens(
        until now: NumericDate,
        limit: Int
    ) async throws(StoreUnavailable) -> Int {
        // Mostly there is none: that is found out without the writer.
        let isAny = try await answer { transaction in
            try transaction.holds(
                "SELECT EXISTS (SELECT 1 FROM deniedToken INDEXED BY deniedTokenByEnd WHERE until <= ?)",
                [now.seconds]
            )
        }
        guard isAny else { return 0 }
        return try await keep { try $0.forgetDeniedTokens(until: now, limit: limit) }
    }
}

extension StoreTransaction {
    fileprivate func deny(_ denial: TokenDenial) throws -> RevocationOutcome {
        let owner = try first(
            "SELECT k.number, j.id FROM apiKey k CROSS JOIN project j ON j.number = k.project WHERE k.id = ?",
            [denial.owner.ulid.stored]
        ) { row in (number: try row.integer(0), project: try row.identifier(1) as ProjectID) }
        guard let owner else { return .done }
        guard denial.right.covers(denial.owner, of: owner.project) else { return .notYours }
        let id = denial.token.id.stored
        guard try !holds("SELECT EXISTS (SELECT 1 FROM deniedToken WHERE jti = ?)", [id]) else {
            return .done
        }
        let ofKey = try count(
            """
            SELECT count(*) FROM (SELECT 1 FROM deniedToken WHERE apiKey = ? AND until > ? LIMIT ?)
            """,
            [owner.number, denial.now.seconds, DenialLimits.ofKey]
        )
        guard ofKey < DenialLimits.ofKey else { return .tooManyOfKey }
        try execute(
            "UPDATE deniedTotal SET count = count + 1 WHERE id = 1 AND count < ?",
            [DenialLimits.inAll]
        )
        guard db.changesCount == 1 else { return .tooManyInAll }
        try execute(
            "INSERT INTO deniedToken (jti, until, apiKey) VALUES (?, ?, ?)",
            [id, denial.token.until.seconds, owner.number]
        )
        note(.denied(denial.token))
        return .done
    }

    /// A few at a time, until its share of the writer's time is over.
    func forgetDeniedTokens(
        until now: NumericDate,
        limit: Int,
        _ share: WriterShare = WriterShare()
    ) throws -> Int {
        var forgotten = 0
        repeat {
            try execute(
                """
                DELETE FROM deniedToken WHERE jti IN
                (SELECT jti FROM deniedToken INDEXED BY deniedTokenByEnd WHERE until <= ? LIMIT 32)
                """,
                [now.seconds]
            )
            let count = db.changesCount
            forgotten += count
            guard count == 32 else { break }
        } while forgotten < limit && !share.isOver
        guard forgotten > 0 else { return 0 }
        try execute(
            """
            UPDATE deniedTotal SET count = max(0, count - ?), forgottenUntil = max(forgottenUntil, ?)
            WHERE id = 1
            """,
            [forgotten, now.seconds]
        )
        return forgotten
    }
}

extension TokenID {
    var stored: Data { Data(bytes) }
}
