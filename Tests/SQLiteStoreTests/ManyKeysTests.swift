import Administration
import AuthorizationServer
import GRDB
import OAuth
import TestSupport
import Testing

@testable import SQLiteStore

@Suite("Many keys at once")
struct ManyKeysTests {
    private let directory: TemporaryDirectory
    private let store: SQLiteStore

    init() throws {
        directory = try TemporaryDirectory()
        store = try SQLiteStore.open(directory: directory.path, onChange: { _ in })
    }

    private func insert(_ numbers: ClosedRange<Int>) async throws {
        try await store.write { writer in
            try writer.insert(numbers.map { StoreSample.key($0) }, at: StoreSample.now)
        }
    }

    /// Pages of WAL between checkpoints, and KiB of cache, of the connection that writes.
    private func pace() async throws -> [Int?] {
        try await store.connections.database.writeWithoutTransaction { db in
            try ["wal_autocheckpoint", "cache_size"].map { try Int.fetchOne(db, sql: "PRAGMA \($0)") }
        }
    }

    @Test
    func `every key gets a place of its own in a status list, and a full list is followed by another`()
        async throws
    {
        try await store.fill([])
        try await insert(1...2)
        try await store.committer.commit { transaction in
            let taken = StoreTransaction.statusListRoom - 100
            try transaction.db.execute(sql: "UPDATE statusList SET taken = ?", arguments: [taken])
        }
        try await insert(3...400)
        let places = try await store.committer.commit { transaction in
            try transaction.all("SELECT statusList, statusPosition FROM apiKey") { try $0.statusReference(0) }
        }
        #expect(Set(places).count == 400)
        let lists = Dictionary(grouping: places, by: \.list).values.map(\.count)
        #expect(lists.sorted() == [102, 298])
        #expect(try await store.count("SELECT count(*) FROM statusEntry") == 400)
        store.close()
    }

    @Test
    func `while many keys come the writer caches more and checkpoints later, and not after`() async throws {
        try await store.fill([])
        #expect(try await pace() == [1000, Connections.writerCache])
        try await insert(1...300)
        #expect(try await pace() == [8000, -24576])
        try await insert(301...302)
        #expect(try await pace() == [1000, Connections.writerCache])
        store.close()
    }

    @Test
    func `of many keys with one that cannot be there is none`() async throws {
        try await store.fill([StoreSample.key(200)])
        await #expect(throws: (any Error).self) { try await insert(1...300) }
        let known = try await store.read { try $0.known((1...300).map(StoreSample.keyID)) }
        #expect(known == [StoreSample.keyID(200)])
        #expect(try await store.count("SELECT count(*) FROM statusEntry") == 1)
        #expect(store.statistics.failures == 0)
        try await insert(1...2)
        store.close()
    }
}
