package import Administration
import AuthorizationServer
import OAuth
import Primitives
import Testing

extension StoreConformance {
    static let filterRules: [Rule] = [
        Rule("every filter and order, alone and with another, shows what it says, page by page") { store, _ in
            let keys = variousKeys
            try await store.change { try insertVariousKeys($0) }
            for filter in filters {
                for order in orders {
                    let expected = sorted(keys.filter { matches($0, filter) }, order).map(\.id)
                    var listed: [KeyRecord] = []
                    repeat {
                        let page = PageRequest(limit: 7, after: listed.last.map(order.position(of:)))
                        let part = try await store.read {
                            try $0.keys(filter, by: order, page: page, at: StoreSample.now)
                        }
                        listed += part
                        guard part.count == 7 else { break }
                    } while listed.count <= keys.count
                    #expect(listed.map(\.id) == expected, "\(order) \(filter)")
                }
            }
        },
        Rule("a beginning of a name is one of bytes") { store, _ in
            let names = [
                "a", "a\u{10FFFF}", "ab", "A", "b", "caf\u{E9}", "cafe\u{301}", "a%", "a_", "\u{D7FF}x",
            ]
            let keys = names.enumerated().map { number, name in
                var key = StoreSample.key(number + 1)
                key.name = name
                return key
            }
            try await store.fill(keys)
            for prefix in [
                "a", "a%", "a_", "A", "cafe", "caf\u{E9}", "\u{10FFFF}", "a\u{10FFFF}", "\u{D7FF}",
            ] {
                var filter = KeyFilter()
                filter.namePrefix = prefix
                let page = PageRequest(limit: 20, after: nil)
                let found = try await store.read { [filter] store in
                    try store.keys(filter, by: KeyOrder(.name), page: page, at: StoreSample.now).map(\.name)
                }
                let expected = names.filter { $0.utf8.starts(with: prefix.utf8) }.map(ByteString.init)
                    .sorted()
                #expect(found.map(ByteString.init) == expected, "\(prefix)")
            }
        },
        Rule("a position of another order, or none at all, begins no page") { store, _ in
            try await store.fill()
            let id = StoreSample.keyID(1).description
            for (order, after) in [
                (KeyOrder(.name), id), (KeyOrder(.name), "\(id) "), (KeyOrder(.name), " reports"),
                (.byCreation, "\(id) reports"), (KeyOrder(.name), "\(id) a\u{0}"), (.byCreation, ""),
            ] {
                let page = PageRequest(limit: 10, after: after)
                let found = try await store.read {
                    try $0.keys(KeyFilter(), by: order, page: page, at: StoreSample.now)
                }
                #expect(found.isEmpty)
            }
        },
    ]

    package static let orders = KeyOrder.Field.allCases.flatMap {
        [KeyOrder($0), KeyOrder($0, isDescending: true)]
    }

    private static let other = ProjectID(ULID(high: 1, low: 1))
    private static let reader = StoreSample.role(1)
    private static let writer = StoreSample.role(2, name: "writer", scopes: ["reports:write", "x"])
    private static let group = StoreSample.group(1)

    package static let variousKeys: [KeyRecord] = (1...40).map { number in
        var key = StoreSample.key(
            number,
            owner: number < 3 ? nil : StoreSample.keyID(number % 4 == 0 ? 2 : 1)
        )
        key.project = number % 3 == 0 ? other : StoreSample.project
        key.name = ["nightly-b", "reports", "nightly-a", "Nightly", "nightly"][number % 5]
        key.scopes = number % 2 == 0 ? ["reports:read"] : ["x"]
        key.roles = [[], [reader], [writer], [reader, writer]][number % 4]
        key.groups = number % 5 == 1 ? [group] : []
        key.audiences = number % 7 == 0 ? [] : ["https://\(number % 3).example"]
        key.isDisabled = number % 6 == 0
        key.expiresAt = number % 8 == 0 ? StoreSample.now.advanced(by: Int64(number - 20)) : nil
        key.revokedAt = number % 9 == 0 ? StoreSample.now : nil
        return key
    }

    package static func insertVariousKeys(_ store: any AdminWriter) throws {
        try store.insert(StoreSample.project())
        try store.insert(StoreSample.project(other, name: "other"))
        for role in [reader, writer] { try store.insert(role) }
        try store.insert(group)
        for key in variousKeys { try store.insert(key) }
    }

    /// Each alone, and each with each.
    package static let filters: [KeyFilter] = {
        let changes: [@Sendable (inout KeyFilter) -> Void] = [
            { _ in }, { $0.project = other }, { $0.name = "reports" }, { $0.namePrefix = "nightly" },
            { $0.owner = StoreSample.keyID(2) }, { $0.scope = "x" }, { $0.scope = "reports:write" },
            { $0.scope = "none" }, { $0.role = reader.id }, { $0.group = group.id },
            { $0.audience = "https://1.example" }, { $0.visibleTo = StoreSample.keyID(1) },
            { $0.visibleTo = StoreSample.keyID(7) }, { $0.includesRevoked = true }, { $0.status = .active },
            { $0.status = .disabled }, { $0.status = .expired }, { $0.status = .revoked },
        ]
        return changes.flatMap { first in
            changes.map { second in
                var filter = KeyFilter()
                first(&filter)
                second(&filter)
                return filter
            }
        }
    }()

    private static func sorted(_ keys: [KeyRecord], _ order: KeyOrder) -> [KeyRecord] {
        let ascending = keys.sorted { left, right in
            if order.field == .name, !bytesEqual(left.name, right.name) {
                return ByteString(left.name) < ByteString(right.name)
            }
            return left.id < right.id
        }
        return order.isDescending ? ascending.reversed() : ascending
    }

    /// The same, told a second time and slowly.
    private static func matches(_ key: KeyRecord, _ filter: KeyFilter) -> Bool {
        let status = key.status(at: StoreSample.now)
        let isWanted = filter.status.map { $0 == status } ?? (filter.includesRevoked || status != .revoked)
        return isWanted
            && filter.visibleTo.map { key.owner == $0 || key.id == $0 } ?? true
            && filter.project.map { key.project == $0 } ?? true
            && filter.name.map { bytesEqual($0, key.name) } ?? true
            && filter.namePrefix.map { key.name.utf8.starts(with: $0.utf8) } ?? true
            && filter.owner.map { key.owner == $0 } ?? true
            && filter.scope.map { key.heldScopes.contains($0) } ?? true
            && filter.role.map { role in key.roles.contains { $0.id == role } } ?? true
            && filter.group.map { group in key.groups.contains { $0.id == group } } ?? true
            && filter.audience.map { key.audiences.contains($0) } ?? true
    }
}
