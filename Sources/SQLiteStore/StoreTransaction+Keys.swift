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
        k.mayExchange, k.allowedReferrers, k.previousDigest, k.previousHint, k.previousExpiresAt,
        k.secretRevokedAt, k.rateRequests, k.rateSeconds, k.quotaTokens, k.quotaPeriod, k.isQuotaEnforced,
        u.at, u.address
        """
    // CROSS JOIN: the key is looked up first, whatever the planner believes of the number of projects.
    static let keyJoins = """
        CROSS JOIN project j ON j.number = k.project LEFT JOIN apiKey o ON o.number = k.owner
        LEFT JOIN lastUse u ON u.apiKey = k.number
        """

    package func key(_ id: KeyID) throws -> KeyRecord? { try firstKey(where: "k.id = ?", id.ulid.stored) }

    /// - Parameter condition: Of one argument; true of one key at most.
    func firstKey(where condition: String, _ argument: Data) throws -> KeyRecord? {
        try first(
            "SELECT \(Self.keyColumns) FROM apiKey k \(Self.keyJoins) WHERE \(condition)",
            [argument],
            keyRecord(_:)
        )
    }

    package func countSuperAdmins(at now: NumericDate) throws -> Int {
        try count(
            """
            SELECT count(*) FROM apiKey WHERE adminRole = 'super_admin' AND revokedAt IS NULL
            AND isDisabled = 0 AND (expiresAt IS NULL OR expiresAt > ?1)
            AND (secretRevokedAt IS NULL OR previousExpiresAt > ?1)
            """,
            [now.seconds]
        )
    }

    /// Keys of one mutation that make it one of many rows.
    private static let manyKeys = 256

    package func insert(_ key: KeyRecord) throws { try insert([key], at: key.createdAt) }

    package func insert(_ keys: [KeyRecord], at now: NumericDate) throws {
        var statuses = try takeStatusEntries(keys.count { $0.revokedAt == nil }, at: now)
        var numbers = RowNumbers()
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO apiKey (digest, hint, name, description, project, owner, subject, policy, claims,
                adminRole, allowedAddresses, accessTokenLifetime, expiresAt, isDisabled, revokedAt, createdAt,
                mayExchange, allowedReferrers, previousDigest, previousHint, previousExpiresAt,
                secretRevokedAt, rateRequests, rateSeconds, quotaTokens, quotaPeriod, isQuotaEnforced, id,
                statusList, statusPosition)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
                ?, ?, ?, ?, ?)
                """
        )
        if keys.count >= Self.manyKeys { pace = .bulk }
        for key in keys {
            let status = key.revokedAt == nil ? statuses.popLast() : nil
            try statement.execute(
                arguments: try arguments(of: key, numbers.find(for: key, in: self))
                    + [status?.list.value, status?.index]
            )
            for digest in key.digests { note(.key(digest)) }
            let value = StatusValue(key: key.standing, at: now)
            if let status, value != .valid { note(.status(status, value)) }
        }
    }

    package func update(_ key: KeyRecord, at now: NumericDate) throws {
        let id = key.id.ulid.stored
        let old = try first(
            """
            SELECT digest, previousDigest, policy, revokedAt IS NOT NULL, isDisabled, expiresAt FROM apiKey
            WHERE id = ?
            """,
            [id]
        ) { row in
            (
                digests: [try row.digest(0), try row.optional(1, row.digest)].compactMap(\.self),
                policy: try row.integer(2), standing: try row.standing(3)
            )
        }
        guard let old else { throw AdminRefusal.notFound("there is no such API key") }
        var numbers = RowNumbers()
        let row = try numbers.find(for: key, in: self)
        try execute(
            """
            UPDATE apiKey SET digest = ?, hint = ?, name = ?, description = ?, project = ?, owner = ?,
            subject = ?, policy = ?, claims = ?, adminRole = ?, allowedAddresses = ?, accessTokenLifetime = ?,
            expiresAt = ?, isDisabled = ?, revokedAt = ?, createdAt = ?, mayExchange = ?,
            allowedReferrers = ?, previousDigest = ?, previousHint = ?, previousExpiresAt = ?,
            secretRevokedAt = ?, rateRequests = ?, rateSeconds = ?, quotaTokens = ?, quotaPeriod = ?,
            isQuotaEnforced = ? WHERE id = ?
            """,
            try arguments(of: key, row)
        )
        if row.policy != old.policy { try drop(policy: old.policy) }
        let digests = key.digests
        for digest in digests + old.digests.filter({ !digests.contains($0) }) { note(.key(digest)) }
        if key.standing != old.standing { try noteStatus(of: key, at: now) }
    }

    /// In the order of INSERT and UPDATE above.
    private func arguments(of key: KeyRecord, _ row: RowNumbers.Row) throws -> StatementArguments {
        var claims: [UInt8] = []
        key.claims.serialize(to: &claims)
        return [
            key.digest.stored, try StoredText.checked(key.hint), try StoredText.checked(key.name),
            try StoredText.checked(key.description), row.project, row.owner,
            try StoredText.checked(key.subject), row.policy, String(decoding: claims, as: UTF8.self),
            key.adminRole?.rawValue, try key.allowedAddresses.map(WordList.text), key.accessTokenLifetime,
            key.expiresAt?.seconds, key.isDisabled, key.revokedAt?.seconds, key.createdAt.seconds,
            try WordList.text(key.mayExchange), try key.allowedReferrers.map(WordList.text),
            key.previousSecret?.digest.stored, try key.previousSecret.map { try StoredText.checked($0.hint) },
            key.previousSecret?.expiresAt.seconds, key.secretRevokedAt?.seconds, key.rateLimit?.requests,
            key.rateLimit?.seconds, key.quota?.tokens, key.quota?.period.rawValue, key.quota?.isEnforced,
            key.id.ulid.stored,
        ]
    }

    func keyRecord(_ row: StoredRow) throws -> KeyRecord {
        let policy = try policy(row.integer(8))
        let claims = try? JSONValue(parsing: Array(row.text(9).utf8), maximumDepth: 128).object
        guard let claims else { throw row.fault(9) }
        var key = KeyRecord(
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
            previousSecret: try row.optional(19, row.previousSecret),
            secretRevokedAt: try row.optional(22, row.date),
            rateLimit: try row.rateLimit(23),
            quota: try row.quota(25),
            lastUsedAt: try row.optional(28, row.date),
            lastUsedFrom: try row.optional(29, row.address)
        )
        key.roles = policy.roles
        key.groups = policy.groups
        key.allowedReferrers = try row.optional(18) { WordList.words(try row.text($0)) }
        return key
    }

    func number(ofKey id: KeyID) throws -> Int64 {
        guard let number = try optionalNumber(ofKey: id) else {
            throw AdminRefusal.notFound("there is no such API key")
        }
        return number
    }

    func optionalNumber(ofKey id: KeyID) throws -> Int64? {
        try first("SELECT number FROM apiKey WHERE id = ?", [id.ulid.stored]) { try $0.integer(0) }
    }
}

/// The numbers of the rows that keys refer to, each looked up once for many keys.
private struct RowNumbers {
    typealias Row = (policy: Int64, project: Int64, owner: Int64?)

    private var policies: [Policy.Lists: Int64] = [:]
    private var projects: [ProjectID: Int64] = [:]
    private var owners: [KeyID: Int64] = [:]

    mutating func find(for key: KeyRecord, in store: StoreTransaction) throws -> Row {
        let policy = Policy(of: key)
        let lists = policy.lists
        let row: Row = (
            policy: try policies[lists] ?? store.number(of: policy),
            project: try projects[key.project] ?? store.number(ofProject: key.project),
            // One that is not there must not become NULL: that is the root key.
            owner: try key.owner.map { try owners[$0] ?? store.number(ofKey: $0) }
        )
        policies[lists] = row.policy
        projects[key.project] = row.project
        if let owner = key.owner { owners[owner] = row.owner }
        return row
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
        self.init(
            scopes: key.scopes,
            audiences: key.audiences,
            grantTypes: key.grantTypes.map(\.rawValue),
            roles: key.roles,
            groups: key.groups
        )
    }
}
