package import AuthorizationServer
import Foundation
import GRDB
package import OAuth
package import Primitives

extension SQLiteStore: ClientStore {
    package func client(withDigest digest: SHA256Digest) async throws(StoreUnavailable) -> ClientRecord? {
        try await lookups.client(ClientQuery.byDigest, digest.stored)
    }

    package func client(withID id: KeyID) async throws(StoreUnavailable) -> ClientRecord? {
        try await lookups.client(ClientQuery.byID, id.ulid.stored)
    }
}

/// All that the token path needs of a key: in one statement its row, its project's, and a row per audience; in others
/// its roles and groups, if it has any.
enum ClientQuery {
    static let byDigest = query("k.number = \(StoreTransaction.numberByDigest)")
    static let byID = query("k.id = ?")

    /// The root key, which nobody owns, is held to its own addresses alone: its project's could lock out everybody.
    private static func query(_ condition: String) -> String {
        """
        SELECT k.id, k.digest, k.subject, j.id, p.scopes, p.grantTypes, k.claims, k.isDisabled,
            k.revokedAt, k.expiresAt, ifnull(k.accessTokenLifetime, j.accessTokenLifetime),
            k.allowedAddresses, CASE WHEN k.owner IS NOT NULL THEN j.allowedAddresses END,
            d.audience, da.type, da.algorithm, a.audience, aa.type, aa.algorithm, k.statusList, k.statusPosition,
            k.mayExchange, k.allowedReferrers, k.previousDigest, k.previousExpiresAt, k.secretRevokedAt,
            k.rateRequests, k.rateSeconds, k.quotaTokens, k.quotaPeriod, k.isQuotaEnforced,
            p.number, p.roleCount, p.groupCount, k.number
        FROM apiKey k
        CROSS JOIN project j ON j.number = k.project
        CROSS JOIN policy p ON p.number = k.policy
        LEFT JOIN policyAudience d ON d.policy = j.policy AND d.position = 0
        LEFT JOIN audience da ON da.name = d.audience
        LEFT JOIN policyAudience a ON a.policy = k.policy
        LEFT JOIN audience aa ON aa.name = a.audience
        WHERE \(condition)
        ORDER BY a.position
        """
    }

    static func fetch(
        _ db: Database,
        _ sql: String,
        _ argument: Data,
        sharing lists: SharedLists
    ) throws -> ClientRecord? {
        try db.inOneMoment { try read(db, sql, argument, sharing: lists) }
    }

    private static func read(
        _ db: Database,
        _ sql: String,
        _ argument: Data,
        sharing lists: SharedLists
    ) throws -> ClientRecord? {
        let rows = try StoredRows(db.cachedStatement(sql: sql), [argument])
        guard var row = try rows.next() else { return nil }
        var client = try client(row, sharing: lists)
        let policy = try PolicyMemberships(row, at: 31)
        try judgeSecret(&client, argument, row)
        var audiences: [AudienceRecord] = []
        while let audience = try audience(row, at: 16) {
            audiences.append(audience)
            guard let next = try rows.next() else { break }
            row = next
        }
        client.audiences = lists.audiences(audiences)
        try policy.add(to: &client, db, sharing: lists)
        return client
    }

    /// Which of the key's secrets was asked for, and whether that one works.
    ///
    /// - Parameter argument: The digest asked for; or an identifier, which is shorter than any.
    private static func judgeSecret(_ client: inout ClientRecord, _ argument: Data, _ row: StoredRow) throws {
        if let previous = try row.optional(23, row.digest), previous.stored == argument {
            client.digest = previous
            client.secretExpiresAt = try row.date(24)
        } else if !row.isNull(25), client.digest.stored == argument {
            client.isRevoked = true
        }
    }

    private static func client(_ row: StoredRow, sharing lists: SharedLists) throws -> ClientRecord {
        let defaultAudience = try audience(row, at: 13).map { lists.audiences([$0]) }?.first
        var client = ClientRecord(
            id: try row.identifier(0),
            digest: try row.digest(1),
            subject: try row.text(2),
            project: try row.identifier(3),
            scopes: lists.scopes(try row.text(4)),
            audiences: [],
            projectDefaultAudience: defaultAudience,
            grantTypes: Set(try WordList.words(row.text(5)).map { try row.grantType($0) }),
            claims: try members(row, at: 6),
            isDisabled: try row.bool(7),
            isRevoked: !row.isNull(8),
            expiresAt: try row.optional(9, row.date),
            accessTokenLifetime: try row.optional(10) { Int(clamping: try row.integer($0)) },
            allowedAddresses: try addresses(row, at: 11),
            projectAllowedAddresses: try addresses(row, at: 12),
            status: try row.optional(19, row.statusReference),
            mayExchange: lists.scopes(try row.text(21)),
            rateLimit: try row.rateLimit(26),
            quota: try row.quota(28)
        )
        client.allowedReferrers = try referrers(row, at: 22)
        client.number = KeyNumber(try row.integer(34))
        return client
    }

    /// An audience that is not in the catalogue has the defaults.
    private static func audience(_ row: StoredRow, at column: Int) throws -> AudienceRecord? {
        guard !row.isNull(column) else { return nil }
        let name = try row.text(column)
        guard !row.isNull(column + 1) else { return AudienceRecord(name: name) }
        return AudienceRecord(
            name: name,
            type: try row.text(column + 1),
            algorithm: try row.optional(column + 2) { try row.text($0) }
        )
    }

    /// The members of the stored object without its braces; the minter writes them behind its own.
    private static func members(_ row: StoredRow, at column: Int) throws -> [UInt8] {
        let text = Array(try row.text(column).utf8)
        guard text.count >= 2, text.first == UInt8(ascii: "{"), text.last == UInt8(ascii: "}") else {
            throw row.fault(column)
        }
        return Array(text[1..<text.count - 1])
    }

    /// - Throws: ``StoredRowFault`` for a list that does not parse: it must not read as "from anywhere".
    private static func addresses(_ row: StoredRow, at column: Int) throws -> AddressList? {
        guard !row.isNull(column) else { return nil }
        do {
            return try AddressList(parsing: WordList.words(row.text(column)))
        } catch {
            throw row.fault(column)
        }
    }

    /// - Throws: ``StoredRowFault`` for what does not parse: it must not read as "nobody asks".
    private static func referrers(_ row: StoredRow, at column: Int) throws -> ReferrerList? {
        guard !row.isNull(column) else { return nil }
        guard let list = ReferrerList(parsing: WordList.words(try row.text(column))) else {
            throw row.fault(column)
        }
        return list
    }
}

extension Database {
    /// What `body` reads is all of one moment, however many statements it takes.
    ///
    /// Each statement alone sees what was committed before it: between two of them a key can lose what the first has
    /// told of, and another get its number.
    func inOneMoment<Value>(_ body: () throws -> Value) throws -> Value {
        guard !isInsideTransaction else { return try body() }
        try run("BEGIN")
        do {
            let value = try body()
            try run("COMMIT")
            return value
        } catch {
            // SQLite may have ended it by itself.
            if isInsideTransaction { try? run("ROLLBACK") }
            throw error
        }
    }
}
