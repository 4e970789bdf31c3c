import Administration
import AuthorizationServer
import Foundation
import GRDB
import OAuth
import Primitives

extension StoreTransaction {
    /// A key's columns, in the order in which ``keyRecord(_:)`` reads them; the caller names the index of `k`.
    static let keyColumns = """
        k.id, k.digest, k.hint, k.name, k.description, j.id, o.id, k.subject, k.policy, k.claims, k.adminRole,
        k.allowedAddresses, k.accessTokenLifetime, k.expiresAt, k.isDisabled, k.revokedAt, k.createdAt,
        k.mayExchange, k.rateRequests, k.rateSeconds, k.quotaTokens, k.quotaPeriod, k.isQuotaEnforced,
        u.at, u.address
        """
    // CROSS JOIN: the key is looked up first, whatever the planner believes of the number of projects.
    static let keyJoins = """
        CROSS JOIN project j ON j.number = k.project LEFT JOIN apiKey o ON o.number = k.owner
        LEFT JOIN lastUse u ON u.apiKey = k.number
        """

    package func key(_ id: KeyID) throws -> KeyRecord? {
        try first(
            "SELECT \(Self.keyColumns) FROM apiKey k \(Self.keyJoins) WHERE k.id = ?",
            [id.ulid.stored],
            keyRecord(_:)
        )
    }

    package func countSuperAdmins(at now: NumericDate) throws -> Int {
        try count(
            """
            SELECT count(*) FROM apiKey WHERE adminRole = 'super_admin' AND revokedAt IS NULL
            AND isDisabled = 0 AND (expiresAt IS NULL OR expiresAt > ?)
            """,
            [now.seconds]
        )
    }

    package func insert(_ key: KeyRecord) throws {
        try execute(
            """
            INSERT INTO apiKey (digest, hint, name, description, project, owner, subject, policy, claims,
            adminRole, allowedAddresses, accessTokenLifetime, expiresAt, isDisabled, revokedAt, createdAt,
            mayExchange, rateRequests, rateSeconds, quotaTokens, quotaPeriod, isQuotaEnforced, id)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            try arguments(of: key, policy: number(of: Policy(of: key)))
        )
        note(.key(key.digest))
        try giveStatus(to: key, at: key.createdAt)
    }

    package func update(_ key: KeyRecord, at now: NumericDate) throws {
        let id = key.id.ulid.stored
        let old = try first(
            "SELECT digest, policy, revokedAt IS NOT NULL, isDisabled, expiresAt FROM apiKey WHERE id = ?",
            [id]
        ) { row in
            (digest: try row.digest(0), policy: try row.integer(1), standing: try row.standing(2))
        }
        guard let old else { throw AdminRefusal.notFound("there is no such API key") }
        let policy = try number(of: Policy(of: key))
        try execute(
            """
            UPDATE apiKey SET digest = ?, hint = ?, name = ?, description = ?, project = ?, owner = ?,
            subject = ?, policy = ?, claims = ?, adminRole = ?, allowedAddresses = ?, accessTokenLifetime = ?,
            expiresAt = ?, isDisabled = ?, revokedAt = ?, createdAt = ?, mayExchange = ?,
            rateRequests = ?, rateSeconds = ?, quotaTokens = ?, quotaPeriod = ?, isQuotaEnforced = ? WHERE id = ?
            """,
            try arguments(of: key, policy: policy)
        )
        if policy != old.policy { try drop(policy: old.policy) }
        note(.key(key.digest))
        if key.digest != old.digest { note(.key(old.digest)) }
        if key.standing != old.standing { try noteStatus(of: key, at: now) }
    }

    /// In the order of INSERT and UPDATE above.
    private func arguments(of key: KeyRecord, policy: Int64) throws -> StatementArguments {
        // An owner that is not there must not become NULL: that is the root key.
        let owner = try key.owner.map { try number(ofKey: $0) }
        var claims: [UInt8] = []
        key.claims.serialize(to: &claims)
        return [
            key.digest.stored, try StoredText.checked(key.hint), try StoredText.checked(key.name),
            try StoredText.checked(key.description), try number(ofProject: key.project), owner,
            try StoredText.checked(key.subject), policy, String(decoding: claims, as: UTF8.self),
            key.adminRole?.rawValue, try key.allowedAddresses.map(WordList.text), key.accessTokenLifetime,
            key.expiresAt?.seconds, key.isDisabled, key.revokedAt?.seconds, key.createdAt.seconds,
            try WordList.text(key.mayExchange), key.rateLimit?.requests, key.rateLimit?.seconds,
            key.quota?.tokens, key.quota?.period.rawValue, key.quota?.isEnforced, key.id.ulid.stored,
        ]
    }

    func keyRecord(_ row: StoredRow) throws -> KeyRecord {
        let policy = try policy(row.integer(8))
        let claims = try? JSONValue(parsing: Array(row.text(9).utf8), maximumDepth: 128).object
        guard let claims else { throw row.fault(9) }
        return KeyRecord(
            id: try row.identifier(0),
            digest: try row.digest(1),
            hint: try row.text(2),
            name: try row.text(3),
            description: try row.text(4),
            project: try row.identifier(5),
            owner: try row.optional(6, row.identifier),
            subject: try row.text(7),
            scopes: policy.scopes,
            audiences: policy.audiences,
            grantTypes: try policy.grantTypes.map { try row.grantType($0) },
            claims: claims,
            adminRole: try row.adminRole(10),
            mayExchange: WordList.words(try row.text(17)),
            allowedAddresses: try row.optional(11) { WordList.words(try row.text($0)) },
            accessTokenLifetime: try row.optional(12) { Int(clamping: try row.integer($0)) },
            expiresAt: try row.optional(13, row.date),
            isDisabled: try row.bool(14),
            revokedAt: try row.optional(15, row.date),
            createdAt: try row.date(16),
            rateLimit: try row.rateLimit(18),
            quota: try row.quota(20),
            lastUsedAt: try row.optional(23, row.date),
            lastUsedFrom: try row.optional(24, row.address)
        )
    }

    func number(ofKey id: KeyID) throws -> Int64 {
        let number = try first("SELECT number FROM apiKey WHERE id = ?", [id.ulid.stored]) {
            try $0.integer(0)
        }
        guard let number else { throw AdminRefusal.notFound("there is no such API key") }
        return number
    }
}

extension StoredRow {
    func grantType(_ word: String) throws -> GrantType {
        guard let type = GrantType(rawValue: word) else {
            throw StoredRowFault(reason: "a policy with an unknown grant type")
        }
        return type
    }

    func adminRole(_ column: Int) throws -> AdminRole? {
        guard !isNull(column) else { return nil }
        guard let role = AdminRole(rawValue: try text(column)) else { throw fault(column) }
        return role
    }
}

extension Policy {
    init(of key: KeyRecord) {
        self.init(scopes: key.scopes, audiences: key.audiences, grantTypes: key.grantTypes.map(\.rawValue))
    }
}
