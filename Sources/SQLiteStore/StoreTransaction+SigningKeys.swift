import Administration
import AuthorizationServer
import GRDB
import OAuth

// Signing keys: whoever changes them makes the key ring anew; nothing is noted here.
extension StoreTransaction {
    private static let signingKeyColumns = """
        kid, algorithm, stage, createdAt, jwk, publishedAt, usableAt, activatedAt, tokenLifetime, retiredAt,
        publishedUntil, removedAt, isRevoked
        """

    package func signingKeys() throws -> [SigningKeyRecord] {
        try all(
            "SELECT \(Self.signingKeyColumns) FROM signingKey WHERE stage <> 'removed' ORDER BY kid",
            [],
            signingKeyRecord(_:)
        )
    }

    package func signingKeys(
        _ page: PageRequest,
        includesRemoved: Bool
    ) throws -> [SigningKeyRecord] {
        try all(
            """
            SELECT \(Self.signingKeyColumns) FROM signingKey
            WHERE kid > ? AND (? OR stage <> 'removed') ORDER BY kid LIMIT ?
            """,
            [page.after ?? "", includesRemoved, page.limit],
            signingKeyRecord(_:)
        )
    }

    package func signingKey(_ kid: String) throws -> SigningKeyRecord? {
        try first(
            "SELECT \(Self.signingKeyColumns) FROM signingKey WHERE kid = ?",
            [kid],
            signingKeyRecord(_:)
        )
    }

    package func insert(_ key: SigningKeyRecord) throws {
        try execute(
            """
            INSERT INTO signingKey (\(Self.signingKeyColumns))
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            try [StoredText.checked(key.kid), key.algorithm, key.stage.rawValue, key.createdAt.seconds]
                + key.laterColumns
        )
    }

    package func update(_ key: SigningKeyRecord) throws {
        try execute(
            """
            UPDATE signingKey SET stage = ?, jwk = ?, publishedAt = ?, usableAt = ?, activatedAt = ?,
                tokenLifetime = ?, retiredAt = ?, publishedUntil = ?, removedAt = ?, isRevoked = ?
            WHERE kid = ?
            """,
            try [key.stage.rawValue] + key.laterColumns + [key.kid]
        )
        guard db.changesCount > 0 else { throw AdminRefusal.notFound("there is no such signing key") }
    }

    package func keySetCopies() throws -> KeySetCopies? {
        try first("SELECT keySetMaxAge, earlierKeySetsUntil FROM installation WHERE id = 1") { row in
            try row.optional(0) { try row.integer($0) }.map { maxAge in
                KeySetCopies(maxAge: Int(clamping: maxAge), earlierUntil: try row.optional(1, row.date))
            }
        } ?? nil
    }

    package func set(_ copies: KeySetCopies) throws {
        try execute(
            "UPDATE installation SET keySetMaxAge = ?, earlierKeySetsUntil = ? WHERE id = 1",
            [copies.maxAge, copies.earlierUntil?.seconds]
        )
    }

    func signingKeyRecord(_ row: StoredRow) throws -> SigningKeyRecord {
        guard let stage = SigningKeyRecord.Stage(rawValue: try row.text(2)) else { throw row.fault(2) }
        var record = SigningKeyRecord(
            kid: try row.text(0),
            algorithm: try row.text(1),
            stage: stage,
            createdAt: try row.date(3),
            jwk: Array(try row.text(4).utf8),
            publishedAt: try row.date(5),
            usableAt: try row.date(6)
        )
        record.activatedAt = try row.optional(7, row.date)
        record.tokenLifetime = try row.optional(8) { Int(clamping: try row.integer($0)) }
        record.retiredAt = try row.optional(9, row.date)
        record.publishedUntil = try row.optional(10, row.date)
        record.removedAt = try row.optional(11, row.date)
        record.isRevoked = try row.bool(12)
        return record
    }

    /// Removed ones too.
    func allSigningKeys() throws -> [SigningKeyRecord] {
        try all("SELECT \(Self.signingKeyColumns) FROM signingKey ORDER BY kid", [], signingKeyRecord(_:))
    }
}

extension SigningKeyRecord {
    fileprivate var laterColumns: StatementArguments {
        get throws {
            [
                try StoredText.checked(String(decoding: jwk, as: UTF8.self)), publishedAt.seconds,
                usableAt.seconds, activatedAt?.seconds, tokenLifetime, retiredAt?.seconds,
                publishedUntil?.seconds, removedAt?.seconds, isRevoked,
            ]
        }
    }
}
