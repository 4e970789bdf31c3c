import Administration
import AuthorizationServer
import OAuth
import Primitives
import Testing

extension StoreConformance {
    static let listRules: [Rule] = [
        Rule("every filter shows the keys that it names, page by page, in order") { store, _ in
            let keys = try await manyKeys(in: store)
            for filter in allFilters {
                let expected = keys.filter { matches($0, filter) }.map(\.id)
                var listed: [KeyID] = []
                while true {
                    let page = PageRequest(limit: 7, after: listed.last?.description)
                    let part = try await store.read { try $0.keys(filter, page: page, at: StoreSample.now) }
                    listed += part.map(\.id)
                    guard part.count == 7 else { break }
                }
                #expect(listed == expected, "\(filter)")
            }
        },
        Rule("a page after something that is no identifier is empty") { store, _ in
            try await store.fill()
            for cursor in ["", "key_", "prj_00000000000000000000000001", "' OR 1=1 --"] {
                let page = PageRequest(limit: 10, after: cursor)
                let found1 = try await store.read {
                    try $0.keys(KeyFilter(), page: page, at: StoreSample.now)
                }
                #expect(found1.isEmpty)
            }
        },
        Rule("names are told apart byte by byte") { store, _ in
            var (composed, decomposed) = (StoreSample.key(1), StoreSample.key(2))
            composed.name = "caf\u{E9}"
            decomposed.name = "cafe\u{301}"
            try await store.fill([composed, decomposed])
            let filter = KeyFilter(name: "cafe\u{301}")
            let page = PageRequest(limit: 10, after: nil)
            let found = try await store.read { try $0.keys(filter, page: page, at: StoreSample.now) }
            #expect(found.map(\.id) == [decomposed.id])
        },
    ]

    private static let otherProject = ProjectID(ULID(high: 1, low: 1))
    private static let nobody = ProjectID(ULID(high: 1, low: 2))

    /// Keys of all states, owners, names and projects; some are owned by themselves' neighbours.
    private static func manyKeys(in store: any Store) async throws -> [KeyRecord] {
        var keys: [KeyRecord] = []
        for number in 1...60 {
            var key = StoreSample.key(
                number,
                owner: number < 3 ? nil : StoreSample.keyID(number % 5 == 0 ? 2 : 1)
            )
            key.project = number % 3 == 0 ? otherProject : StoreSample.project
            key.name = number % 4 == 0 ? "nightly" : "reports"
            key.isDisabled = number % 7 == 0
            key.expiresAt = number % 6 == 0 ? StoreSample.now.advanced(by: Int64(number - 30)) : nil
            key.revokedAt = number % 11 == 0 || number == 2 ? StoreSample.now : nil
            keys.append(key)
        }
        try await store.change { [keys] store in
            try store.insert(StoreSample.project())
            try store.insert(StoreSample.project(otherProject, name: "other"))
            for key in keys { try store.insert(key) }
        }
        return keys
    }

    private static var allFilters: [KeyFilter] {
        var filters: [KeyFilter] = []
        let viewers: [KeyID?] = [nil, StoreSample.keyID(1), StoreSample.keyID(2), StoreSample.keyID(4)]
        let statuses: [KeyStatus?] = [nil] + KeyStatus.allCases
        for viewer in viewers {
            for project in [nil, otherProject, nobody] {
                for name in [nil, "nightly", "Nightly"] {
                    for status in statuses {
                        for revoked in [false, true] {
                            filters.append(
                                KeyFilter(
                                    visibleTo: viewer,
                                    project: project,
                                    name: name,
                                    status: status,
                                    includesRevoked: revoked
                                )
                            )
                        }
                    }
                }
            }
        }
        return filters
    }

    /// The same, told a second time and slowly.
    private static func matches(_ key: KeyRecord, _ filter: KeyFilter) -> Bool {
        let status = key.status(at: StoreSample.now)
        if let viewer = filter.visibleTo, key.owner != viewer, key.id != viewer { return false }
        if let project = filter.project, key.project != project { return false }
        if let name = filter.name, !bytesEqual(name, key.name) { return false }
        if let wanted = filter.status { return status == wanted }
        return filter.includesRevoked || status != .revoked
    }
}
