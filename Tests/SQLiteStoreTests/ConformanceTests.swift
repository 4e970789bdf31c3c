import SQLiteStore
import TestSupport
import Testing

@Suite("Store conformance: SQLite")
struct ConformanceTests {
    enum Place: CaseIterable { case inMemory, onFile }

    @Test(arguments: Place.allCases, StoreConformance.rules)
    func `the store keeps the rule`(place: Place, rule: StoreConformance.Rule) async throws {
        let log = ChangeLog()
        switch place {
        case .inMemory:
            let store = try SQLiteStore.inMemory(onChange: log.note)
            defer { store.close() }
            try await rule.check(store, log)
        case .onFile:
            let directory = try TemporaryDirectory()
            let store = try SQLiteStore.open(directory: directory.path, onChange: log.note)
            defer { store.close() }
            try await rule.check(store, log)
        }
    }
}
