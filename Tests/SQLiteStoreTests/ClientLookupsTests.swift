import Administration
import AuthorizationServer
import GRDB
import OAuth
import Synchronization
import TestSupport
import Testing

@testable import SQLiteStore

@Suite("Many clients looked up at once")
struct ClientLookupsTests {
    private let directory: TemporaryDirectory
    private let store: SQLiteStore

    init() throws {
        directory = try TemporaryDirectory()
        store = try SQLiteStore.open(directory: directory.path, onChange: { _ in })
    }

    private typealias Found = Result<KeyID?, StoreUnavailable>

    /// What is found for keys of these numbers, asked for at once.
    private func lookUp(_ numbers: ClosedRange<Int>) async -> [Int: Found] {
        await withTaskGroup(of: (Int, Found).self) { [store] group in
            for number in numbers {
                group.addTask {
                    do throws(StoreUnavailable) {
                        let client = try await store.client(withDigest: StoreSample.digest(number))
                        return (number, .success(client?.id))
                    } catch {
                        return (number, .failure(error))
                    }
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    @Test
    func `each gets its own answer, and a stranger none`() async throws {
        try await store.fill([])
        try await store.write { writer in
            try writer.insert((1...300).map { StoreSample.key($0) }, at: StoreSample.now)
        }
        let found = await lookUp(1...600)
        #expect(found.count == 600)
        for (number, answer) in found {
            #expect(try answer.get() == (number <= 300 ? StoreSample.keyID(number) : nil))
        }
        store.close()
    }

    @Test
    func `all are told of the fault when the store is gone, and those who ask later too`() async throws {
        try await store.fill([StoreSample.key(1)])
        store.close()
        for _ in 1...2 {
            let found = await lookUp(1...200)
            #expect(found.count == 200)
            #expect(found.values.allSatisfy { if case .failure = $0 { true } else { false } })
        }
    }

    /// Key 1, whose roles are taken from it after the first statement that reads it; and how often they were.
    private func readWhileRolesGo() throws -> (client: ClientRecord?, changes: Int) {
        let database = store.connections.database
        let changes = Atomic(0)
        let client = try database.unsafeRead { db in
            db.trace { event in
                guard case .statement(let statement) = event, statement.sql == PolicyMemberships.roles else {
                    return
                }
                try? database.writeWithoutTransaction { try $0.execute(sql: "DELETE FROM policyRole") }
                changes.add(1, ordering: .relaxed)
            }
            defer { db.trace() }
            let digest = StoreSample.digest(1).stored
            return try ClientQuery.fetch(db, ClientQuery.byDigest, digest, sharing: SharedLists())
        }
        return (client, changes.load(ordering: .relaxed))
    }

    @Test
    func `a client is of one moment, whatever is committed between the statements that read it`() async throws
    {
        var key = StoreSample.key(1)
        key.roles = [StoreSample.role(1)]
        try await store.fillWithRoles([key])
        let found = try readWhileRolesGo()
        #expect(found.changes == 1)
        #expect(found.client?.roles.map(\.name) == ["reader"])
        #expect(try await store.client(withDigest: StoreSample.digest(1))?.roles.isEmpty == true)
        store.close()
    }
}
