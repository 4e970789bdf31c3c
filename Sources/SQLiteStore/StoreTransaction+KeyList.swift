import Administration
import Foundation
import GRDB
import OAuth

/// Lists of keys, in two steps: which keys, from indexes that hold all that is asked, and then their rows.
///
/// Where one condition has few keys, all of these are looked at, and SQLite keeps the first of them: as many as the page
/// has, whatever their number. Where every condition has many, an index is walked in the order asked for until the
/// page is full: it is covering, so a key that is passed over costs a fraction of a microsecond.
extension StoreTransaction {
    package func keys(
        _ filter: KeyFilter,
        by order: KeyOrder,
        page: PageRequest,
        at now: NumericDate
    ) throws -> [KeyRecord] {
        guard let start = page.start(in: order), let query = try keyQuery(filter, at: now) else { return [] }
        let ids: [Data]
        if let source = try narrowSource(of: query) {
            ids = try gather(query, from: source, in: order, start, limit: page.limit)
        } else {
            ids = try walk(query, in: order, start, limit: page.limit)
        }
        return try ids.compactMap { id in try firstKey(where: "k.id = ?", id) }
    }

    // MARK: Conditions

    /// - Returns: `nil` when something is named that is not there, so that no key can match.
    private func keyQuery(_ filter: KeyFilter, at now: NumericDate) throws -> KeyQuery? {
        var query = KeyQuery(filter, at: now)
        if let project = filter.project {
            guard let number = try optionalNumber(ofProject: project) else { return nil }
            query.require("k.project = ?", [number])
            query.sources.append(
                KeySource(index: "keyByProject", "k.project = ?", [number], isCovering: true)
            )
        }
        if let owner = filter.owner {
            guard let number = try optionalNumber(ofKey: owner) else { return nil }
            query.require("k.owner = ?", [number])
            query.sources.append(KeySource(index: "keyByOwner", "k.owner = ?", [number], isCovering: true))
        }
        if let viewer = filter.visibleTo {
            guard let number = try optionalNumber(ofKey: viewer) else { return nil }
            query.require("(k.owner = ? OR k.id = ?)", [number, viewer.ulid.stored])
            var source = KeySource(index: "keyByOwner", "k.owner = ?", [number], isCovering: true)
            source.besides = viewer.ulid.stored
            query.sources.append(source)
        }
        return query
    }

    // MARK: Gathering

    /// - Returns: `nil` when every condition has many keys.
    private func narrowSource(of query: KeyQuery) throws -> KeySource? {
        try query.sources.first { source in
            // What an index holds is looked at many times as fast as what it leads to.
            let few = source.isCovering ? 12 * fewKeys : fewKeys
            let isLarge = try first(
                """
                SELECT 1 FROM apiKey k INDEXED BY \(source.index) WHERE \(source.condition)
                LIMIT 1 OFFSET \(few)
                """,
                source.arguments
            ) { _ in true }
            return isLarge == nil
        }
    }

    private func gather(
        _ query: KeyQuery,
        from source: KeySource,
        in order: KeyOrder,
        _ start: KeyPlace?,
        limit: Int
    ) throws -> [Data] {
        var query = query
        let (comparison, direction) = order.isDescending ? ("<", " DESC") : (">", "")
        let columns = order.field == .name ? "k.name\(direction), k.id\(direction)" : "k.id\(direction)"
        switch (start, order.field) {
        case (nil, _): break
        case (let start?, .creation): query.require("k.id \(comparison) ?", [start.id])
        case (let start?, .name):
            query.require("(k.name, k.id) \(comparison) (?, ?)", [start.name, start.id])
        }
        func places(_ index: String, _ condition: String, _ arguments: StatementArguments) throws
            -> [KeyPlace]
        {
            try all(
                """
                SELECT k.id, k.name FROM apiKey k INDEXED BY \(index)
                WHERE \(condition) AND \(query.text) ORDER BY \(columns) LIMIT ?
                """,
                arguments + query.arguments + [limit]
            ) { KeyPlace(id: Data(try $0.bytes(0)), name: try $0.text(1)) }
        }
        let found = try places(source.index, source.condition, source.arguments)
        guard let viewer = source.besides else { return found.map(\.id) }
        let both = try Set(found + places("keyByID", "k.id = ?", [viewer])).sorted {
            order.isDescending ? $1.precedes($0, order) : $0.precedes($1, order)
        }
        return both.prefix(limit).map(\.id)
    }

    // MARK: Walking

    // A BLOB comes after all text, and a longer one of ones after all identifiers.
    private static let last = Data(repeating: 0xFF, count: 17)

    private func walk(_ query: KeyQuery, in order: KeyOrder, _ start: KeyPlace?, limit: Int) throws -> [Data]
    {
        let (comparison, direction) = order.isDescending ? ("<", " DESC") : (">", "")
        let id = start?.id ?? (order.isDescending ? Self.last : Data())
        switch order.field {
        case .creation:
            let parts = try query.walks.map { walk in
                try all(
                    """
                    SELECT k.id FROM apiKey k INDEXED BY \(walk.index)
                    WHERE \(query.text(walk.condition)) AND k.id \(comparison) ?
                    ORDER BY k.id\(direction) LIMIT ?
                    """,
                    query.arguments + [id, limit]
                ) { Data(try $0.bytes(0)) }
            }
            guard parts.count > 1 else { return parts.first ?? [] }
            let sorted = parts.joined().sorted { left, right in
                order.isDescending
                    ? right.lexicographicallyPrecedes(left) : left.lexicographicallyPrecedes(right)
            }
            return Array(sorted.prefix(limit))
        case .name:
            let first = order.isDescending ? Self.last.databaseValue : "".databaseValue
            return try all(
                """
                SELECT k.id FROM apiKey k INDEXED BY keyByName
                WHERE \(query.text) AND (k.name, k.id) \(comparison) (?, ?)
                ORDER BY k.name\(direction), k.id\(direction) LIMIT ?
                """,
                query.arguments + [start?.name.databaseValue ?? first, id, limit]
            ) { Data(try $0.bytes(0)) }
        }
    }
}

/// Where a key stands in a list.
private struct KeyPlace: Hashable {
    let id: Data
    let name: String

    static func == (left: Self, right: Self) -> Bool { left.id == right.id }

    func hash(into hasher: inout Hasher) { hasher.combine(id) }

    func precedes(_ other: Self, _ order: KeyOrder) -> Bool {
        if order.field == .name, !name.utf8.elementsEqual(other.name.utf8) {
            return name.utf8.lexicographicallyPrecedes(other.name.utf8)
        }
        return id.lexicographicallyPrecedes(other.id)
    }
}

extension PageRequest {
    /// - Returns: `nil` for what is no position in this order: there is no such page.
    fileprivate func start(in order: KeyOrder) -> KeyPlace?? {
        guard let after else { return .some(nil) }
        guard let position = order.position(parsing: after) else { return nil }
        return KeyPlace(id: position.id.ulid.stored, name: position.name)
    }

    /// The identifier after which the page begins; before all of them for the first page.
    ///
    /// - Returns: `nil` for what is not an identifier of this kind: there is no such page.
    func position<Kind: IdentifierKind>(of kind: Kind.Type) throws -> Data? {
        guard let after else { return Data() }
        return Identifier<Kind>(parsing: after)?.ulid.stored
    }
}
