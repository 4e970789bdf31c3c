import Administration
import Foundation
import GRDB
import OAuth

extension StoreTransaction {
    package func keys(_ filter: KeyFilter, page: PageRequest, at now: NumericDate) throws -> [KeyRecord] {
        guard let after = try page.position(of: KeyKind.self) else { return [] }
        var query = KeyQuery(filter, at: now)
        if let project = filter.project {
            guard let number = try optionalNumber(ofProject: project) else { return [] }
            query.require("k.project = ?", number)
        }
        guard let viewer = filter.visibleTo else { return try fetch(query, after: after, limit: page.limit) }
        guard let number = try optionalNumber(ofKey: viewer) else { return [] }
        var own = query
        own.require("k.owner = ?", number)
        let created = try fetch(own, after: after, limit: page.limit)
        // The viewer itself is one row more: an OR would cost the index its order.
        query.index = "keyByID"
        query.order = ""
        query.require("k.id = ?", viewer.ulid.stored)
        let viewed = try fetch(query, after: after, limit: 1).filter { $0.owner != viewer }
        return Array((created + viewed).sorted { $0.id < $1.id }.prefix(page.limit))
    }

    private func fetch(_ query: KeyQuery, after: Data, limit: Int) throws -> [KeyRecord] {
        let sql = """
            SELECT \(Self.keyColumns) FROM apiKey k INDEXED BY \(query.index) \(Self.keyJoins)
            WHERE \(query.conditions.joined(separator: " AND ")) AND k.id > ? \(query.order) LIMIT ?
            """
        return try all(sql, query.arguments + [after, limit], keyRecord(_:))
    }

    func optionalNumber(ofKey id: KeyID) throws -> Int64? {
        try first("SELECT number FROM apiKey WHERE id = ?", [id.ulid.stored]) { try $0.integer(0) }
    }
}

/// The WHERE clause of a list of keys, and the index that gives its rows in order of `id`.
///
/// The index is named, not left to the planner, which knows nothing of how many keys share a name.
struct KeyQuery {
    var index: String
    var order = "ORDER BY k.id"
    private(set) var conditions: [String]
    private(set) var arguments: StatementArguments = []

    init(_ filter: KeyFilter, at now: NumericDate) {
        switch filter.status {
        case .revoked:
            index = "revokedKey"
            conditions = ["k.revokedAt IS NOT NULL"]
        case .expired:
            index = "expiringKey"
            conditions = ["k.revokedAt IS NULL", "k.expiresAt <= ?"]
            arguments = [now.seconds]
        case .disabled:
            index = "disabledKey"
            conditions = [
                "k.revokedAt IS NULL", "(k.expiresAt IS NULL OR k.expiresAt > ?)", "k.isDisabled = 1",
            ]
            arguments = [now.seconds]
        case .active:
            index = "liveKey"
            conditions = [
                "k.revokedAt IS NULL", "(k.expiresAt IS NULL OR k.expiresAt > ?)", "k.isDisabled = 0",
            ]
            arguments = [now.seconds]
        case nil:
            index = filter.includesRevoked ? "keyByID" : "liveKey"
            conditions = filter.includesRevoked ? ["1"] : ["k.revokedAt IS NULL"]
        }
        if let name = filter.name {
            index = "keyByName"
            require("k.name = ?", name)
        } else if filter.visibleTo != nil {
            index = "keyByOwner"
        } else if filter.project != nil {
            index = "keyByProject"
        }
    }

    mutating func require(_ condition: String, _ argument: some DatabaseValueConvertible) {
        conditions.append(condition)
        arguments += [argument]
    }
}

extension PageRequest {
    /// The identifier after which the page begins; before all of them for the first page.
    ///
    /// - Returns: `nil` for what is not an identifier of this kind: there is no such page.
    func position<Kind: IdentifierKind>(of kind: Kind.Type) throws -> Data? {
        guard let after else { return Data() }
        return Identifier<Kind>(parsing: after)?.ulid.stored
    }
}
