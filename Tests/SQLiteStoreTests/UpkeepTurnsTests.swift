import Administration
import GRDB
import TestSupport
import Testing

@testable import SQLiteStore

@Suite("Upkeep takes turns")
struct UpkeepTurnsTests {
    private let turns = UpkeepTurns()

    // With a fixed rest as many rows as end in a second could take longer than that to forget.
    // threats: REF-20, DBF-19
    @Test
    func `pieces never overlap, and after each there is a rest as long as it took`() async {
        let made = await withTaskGroup { [turns] group in
            for milliseconds in [40, 20, 30, 10] {
                group.addTask {
                    await turns.take()
                    let start = ContinuousClock.now
                    try? await Task.sleep(for: .milliseconds(milliseconds))
                    let end = ContinuousClock.now
                    turns.leave(after: end - start)
                    return (start: start, end: end)
                }
            }
            return await group.reduce(into: []) { $0.append($1) }.sorted { $0.start < $1.start }
        }
        #expect(made.count == 4)
        for (piece, next) in zip(made, made.dropFirst()) {
            #expect(next.start - piece.end >= min(piece.end - piece.start, .milliseconds(100)))
        }
    }

    // threats: DBF-19
    @Test
    func `after upkeep checkpoints are smaller, until the next change of another kind`() async throws {
        let directory = try TemporaryDirectory()
        let store = try SQLiteStore.open(directory: directory.path, onChange: { _ in })
        try await store.fill([])
        func pages() async throws -> Int? {
            try await store.connections.database.writeWithoutTransaction { db in
                try Int.fetchOne(db, sql: "PRAGMA wal_autocheckpoint")
            }
        }
        #expect(try await pages() == 1000)
        _ = try await store.keep { try $0.freeStatusEntries(at: StoreSample.now) }
        #expect(try await pages() == 250)
        try await store.write { try $0.insert(StoreSample.key(1)) }
        #expect(try await pages() == 1000)
        store.close()
    }
}
