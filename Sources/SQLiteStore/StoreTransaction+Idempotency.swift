import Administration
import GRDB
import OAuth
import Primitives

/// What was answered to requests that may come again.
extension StoreTransaction {
    package func keptAnswer(to claim: IdempotencyClaim, at now: NumericDate) throws -> KeptAnswer? {
        try first(
            """
            SELECT fingerprint, answer, isComplete FROM idempotency
            WHERE caller = ? AND key = ? AND createdAt > ?
            """,
            [claim.caller.ulid.stored, claim.key.stored, Self.oldest(now)]
        ) { row in
            KeptAnswer(
                fingerprint: try row.digest(0),
                body: try row.optional(1) { column in
                    guard let json = try? JSONValue(parsing: Array(row.text(column).utf8), maximumDepth: 128)
                    else { throw row.fault(column) }
                    return json
                },
                isComplete: try row.bool(2)
            )
        }
    }

    package func keep(
        _ body: JSONValue?,
        isComplete: Bool,
        for claim: IdempotencyClaim,
        at now: NumericDate
    ) throws {
        let (caller, key) = (claim.caller.ulid.stored, claim.key.stored)
        try execute(
            "DELETE FROM idempotency WHERE caller = ? AND key = ? AND createdAt <= ?",
            [caller, key, Self.oldest(now)]
        )
        try execute(
            """
            INSERT INTO idempotency (caller, key, fingerprint, answer, isComplete, createdAt)
            VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (caller, key) DO UPDATE SET answer = excluded.answer, isComplete = 1
            WHERE isComplete = 0 AND fingerprint = excluded.fingerprint
            """,
            [
                caller, key, claim.fingerprint.stored,
                try body.map { try StoredText.checked(String(decoding: $0.serialized, as: UTF8.self)) },
                isComplete, now.seconds,
            ]
        )
        guard db.changesCount == 1 else {
            throw AdminRefusal.conflict("a request with this Idempotency-Key was done meanwhile")
        }
    }

    package func forgetAnswers(at now: NumericDate, limit: Int) throws -> Int {
        try execute(
            """
            DELETE FROM idempotency WHERE (caller, key) IN
            (SELECT caller, key FROM idempotency INDEXED BY idempotencyByAge WHERE createdAt <= ? LIMIT ?)
            """,
            [Self.oldest(now), limit]
        )
        return db.changesCount
    }

    /// Whether ``forgetAnswers(at:limit:)`` has anything to delete.
    func hasAnswers(toForgetAt now: NumericDate) throws -> Bool {
        try holds(
            "SELECT EXISTS (SELECT 1 FROM idempotency INDEXED BY idempotencyByAge WHERE createdAt <= ?)",
            [Self.oldest(now)]
        )
    }

    /// What was kept then, or earlier, is forgotten.
    private static func oldest(_ now: NumericDate) -> Int64 {
        now.advanced(by: -IdempotencyClaim.lifetime).seconds
    }
}
