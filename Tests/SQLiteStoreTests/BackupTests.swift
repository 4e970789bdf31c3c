import Administration
import AuthorizationServer
import Foundation
import OAuth
import Primitives
import SQLiteStore
import Synchronization
import TestSupport
import Testing

@Suite("Backups: copies made while the store serves")
struct BackupTests {
    private let directory: TemporaryDirectory
    private let store: SQLiteStore
    private let id = BackupID(IdentifierGenerator().next(at: NumericDate(1_800_000_000)))

    init() throws {
        directory = try TemporaryDirectory()
        store = try SQLiteStore.open(directory: directory.path, onChange: { _ in })
    }

    private static func scope(_ number: Int) -> ScopeRecord {
        ScopeRecord(name: "test:\(number)", description: "", isBuiltIn: false)
    }

    private func path(of id: BackupID) -> String { directory.path + "/" + store.backupFile(id) }

    // threats: DBF-20
    @Test
    func `a copy under full load shows one moment and is sound`() async throws {
        for number in 0..<500 { try await store.write { try $0.insert(Self.scope(number)) } }
        let writers = (1...4).map { writer in
            Task { [store] in
                var number = 100_000 * writer
                while !Task.isCancelled {
                    // Two rows at once: a copy that has one has both.
                    let first = number
                    try await store.write {
                        try $0.insert(Self.scope(first))
                        try $0.insert(ScopeRecord(name: "twin:\(first)", description: "", isBuiltIn: false))
                    }
                    number += 1
                }
            }
        }
        let file = try await store.makeBackup(id) { _, _ in }
        for writer in writers {
            writer.cancel()
            try await writer.value
        }
        #expect(directory.mode(of: store.backupFile(id)) == 0o600)
        #expect(directory.mode(of: "backups") == 0o700)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path + "/backups").count == 1)

        let content = try #require(FileManager.default.contents(atPath: path(of: id)))
        #expect(Int64(content.count) == file.size)
        #expect(SHA256.hash(Array(content)) == file.digest)
        store.close()

        let restored = try TemporaryDirectory()
        try FileManager.default.copyItem(atPath: path(of: id), toPath: restored.path + "/tokenbooth.db")
        let copy = try SQLiteStore.open(directory: restored.path, onChange: { _ in })
        #expect(try copy.check() == [])
        let page = PageRequest(limit: 200, after: nil)
        let names = try await copy.read { reader in
            var names: [String] = []
            var page = page
            while true {
                let scopes = try reader.scopes(page)
                guard let last = scopes.last else { return names }
                names += scopes.map(\.name)
                page.after = last.name
            }
        }
        for number in 0..<500 { #expect(names.contains("test:\(number)")) }
        let tests = Set(
            names.filter { $0.hasPrefix("test:") }.compactMap { Int($0.dropFirst(5)) }.filter { $0 >= 500 }
        )
        let twins = Set(names.filter { $0.hasPrefix("twin:") }.compactMap { Int($0.dropFirst(5)) })
        #expect(tests == twins)
        copy.close()
    }

    @Test
    func `parts make up the whole, and past the end there is nothing`() async throws {
        let progress = Mutex<[Int64]>([])
        let file = try await store.makeBackup(id) { copied, _ in progress.withLock { $0.append(copied) } }
        #expect(progress.withLock { $0.last } == file.size)
        var whole: [UInt8] = []
        while Int64(whole.count) < file.size {
            whole += try await store.readBackup(id, from: Int64(whole.count), length: 10_000)
        }
        #expect(SHA256.hash(whole) == file.digest)
        #expect(try await store.readBackup(id, from: file.size, length: 10_000) == [])
        try await store.deleteBackup(id)
        try await store.deleteBackup(id)
        await #expect(throws: StoreUnavailable.self) {
            try await store.readBackup(id, from: 0, length: 1)
        }
        store.close()
    }

    @Test
    func `a copy never replaces anything, and leaves nothing half made`() async throws {
        _ = try await store.makeBackup(id) { _, _ in }
        let before = FileManager.default.contents(atPath: path(of: id))
        await #expect(throws: StoreUnavailable.self) { try await store.makeBackup(id) { _, _ in } }
        #expect(FileManager.default.contents(atPath: path(of: id)) == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path + "/backups").count == 1)
        store.close()
    }

    @Test
    func `a directory that is a link is not used`() async throws {
        let elsewhere = try TemporaryDirectory()
        try FileManager.default.createSymbolicLink(
            atPath: directory.path + "/backups",
            withDestinationPath: elsewhere.path
        )
        await #expect(throws: StoreUnavailable.self) { try await store.makeBackup(id) { _, _ in } }
        #expect(try FileManager.default.contentsOfDirectory(atPath: elsewhere.path) == [])
        store.close()
    }

    @Test
    func `a database in memory has no copies`() async throws {
        let memory = try SQLiteStore.inMemory()
        await #expect(throws: StoreUnavailable.self) { try await memory.makeBackup(id) { _, _ in } }
        memory.close()
        store.close()
    }

    @Test
    func `what is inspected is not served, and what is served not inspected`() async throws {
        try await store.fill()
        #expect(throws: SQLiteStoreError.self) { try StoreInspection(of: directory.path) }
        store.close()
        let inspection = try StoreInspection(of: directory.path)
        #expect(inspection.faults == [] && !inspection.isOlderSchema)
        #expect(inspection.counts.first { $0.name == "API keys" }.map { $0.count > 0 } == true)
        let elsewhere = try TemporaryDirectory()
        #expect(throws: SQLiteStoreError.self) { try StoreInspection(of: elsewhere.path) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: elsewhere.path) == [])
    }
}
