import AdminAPI
import Administration
import AuthorizationServer
import GRDB
import OAuth
import Primitives
import TestSupport
import Testing

@testable import SQLiteStore

@Suite("Audit trail in SQLite")
struct AuditTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private var file: String { directory.path + "/tokenbooth.db" }

    /// A database with five events that nobody serves from any more.
    private func recorded() async throws -> AuditHead {
        let store = try SQLiteStore.open(directory: directory.path, onChange: { _ in })
        defer { store.close() }
        try await store.write { writer in
            for number in 1...5 { try writer.record(AuditSample.event(number)) }
        }
        return try await store.auditHead()
    }

    private func edit(_ sql: String) throws {
        let database = try DatabaseQueue(path: file)
        try database.write { try $0.execute(sql: sql) }
        try database.close()
    }

    private func chain(witness: (number: Int64, hash: [UInt8])? = nil) throws -> AuditChain {
        let database = try DatabaseQueue(path: file)
        defer { try? database.close() }
        return try database.read { try StoreTransaction($0).checkedAuditChain(witness: witness) }
    }

    @Test
    func `the hash is that of the documented bytes`() {
        let entry = AuditEntry(
            number: 1,
            id: AuditEventID(ULID(high: 1, low: 2)),
            time: NumericDate(-1),
            actor: "a",
            action: "b",
            target: "",
            address: "::1",
            requestID: "r",
            changes: "{}",
            previousHash: AuditSample.zeros
        )
        var bytes = Array("tokenbooth audit 1\n".utf8) + [UInt8](repeating: 0, count: 32)
        bytes += [0, 0, 0, 0, 0, 0, 0, 1] + [UInt8](repeating: 0xFF, count: 8)
        bytes += [0, 0, 0, 30] + entry.id.description.utf8
        bytes += [0, 0, 0, 1, 0x61, 0, 0, 0, 1, 0x62, 0, 0, 0, 0]
        bytes += [0, 0, 0, 3, 0x3A, 0x3A, 0x31, 0, 0, 0, 1, 0x72, 0, 0, 0, 2, 0x7B, 0x7D]
        #expect(entry.hash == SHA256.hash(bytes))
    }

    @Test(arguments: [
        "UPDATE audit SET actor = 'me' WHERE number = 2", "UPDATE audit SET hash = previousHash",
        "DELETE FROM audit WHERE number = 5", "DELETE FROM audit",
        "INSERT INTO audit SELECT 9, id, time, actor, action, target, address, requestID, changes, "
            + "previousHash, hash FROM audit WHERE number = 1",
        "INSERT OR REPLACE INTO audit SELECT 3, id, time, 'me', action, target, address, requestID, changes, "
            + "previousHash, hash FROM audit WHERE number = 3",
        "UPDATE auditStart SET number = 4", "UPDATE auditStart SET number = 9, hash = zeroblob(32)",
        "DELETE FROM auditStart",
    ])
    func `nothing but an addition to the end is possible`(sql: String) async throws {
        _ = try await recorded()
        #expect(throws: DatabaseError.self) { try edit(sql) }
        #expect(try chain().fault == nil)
        #expect(try AuditInspection.verify(file: file).fault == nil)
    }

    /// Whoever has the file can take the triggers away; the chain remains.
    @Test(arguments: [
        ("UPDATE audit SET actor = 'me' WHERE number = 2", 2),
        ("UPDATE audit SET changes = '{}' WHERE number = 5", 5),
        ("UPDATE audit SET time = time + 1 WHERE number = 1", 1),
        ("DELETE FROM audit WHERE number = 3", 3),
        ("DELETE FROM audit WHERE number = 1", 1),
        ("UPDATE audit SET previousHash = zeroblob(32) WHERE number = 4", 4),
    ])
    func `whatever is changed in the middle is found`(sql: String, number: Int64) async throws {
        _ = try await recorded()
        try edit("DROP TRIGGER auditIsFixed; DROP TRIGGER auditStays")
        try edit(sql)
        #expect(try chain().fault?.number == number)
        #expect(try AuditInspection.verify(file: file).fault?.number == number)
    }

    @Test
    func `an end that was cut off is found by whoever has seen it`() async throws {
        let head = try await recorded()
        try edit("DROP TRIGGER auditStays; DELETE FROM audit WHERE number > 3")
        #expect(try chain().fault == nil)
        #expect(try chain(witness: (head.number, head.hash.bytes)).fault?.number == 5)
    }

    @Test
    func `an end that was written anew is found by whoever has seen the old one`() async throws {
        let head = try await recorded()
        #expect(try chain(witness: (head.number, Array(head.hash.bytes.prefix(4)))).fault == nil)
        try edit("DROP TRIGGER auditStays; DELETE FROM audit WHERE number > 3")
        let store = try SQLiteStore.open(directory: directory.path, onChange: { _ in })
        try await store.write { writer in
            for number in 6...7 { try writer.record(AuditSample.event(number)) }
        }
        store.close()
        #expect(try chain().fault == nil)
        let fault = try chain(witness: (head.number, Array(head.hash.bytes.prefix(4)))).fault
        #expect(fault?.number == 5)
    }

    @Test
    func `a check of the database finds a broken chain`() async throws {
        _ = try await recorded()
        #expect(try StoreInspection(of: directory.path).faults == [])
        try edit("DROP TRIGGER auditIsFixed; UPDATE audit SET target = '' WHERE number = 2")
        #expect(try StoreInspection(of: directory.path).faults.count == 1)
    }

    @Test
    func `a recorded event is on the disk when its recorder hears of it`() async throws {
        let store = try SQLiteStore.inMemory()
        defer { store.close() }
        let result = await withCheckedContinuation { continuation in
            store.record(AuditSample.event(1)) { continuation.resume(returning: $0) }
        }
        #expect(throws: Never.self) { try result.get() }
        #expect(try await store.auditHead().number == 1)
    }

    /// Every statement of the trail and of kept answers, for the test of query plans.
    static func askEverything(_ store: StoreTransaction) throws {
        for number in 1...3 { try store.record(AuditSample.event(number)) }
        for actor in [nil, "a"] {
            for action in [nil, "b"] {
                for target in [nil, "c"] {
                    for from in [nil, StoreSample.now] {
                        for after in [nil, "1.1"] {
                            let filter = AuditFilter(
                                actor: actor,
                                action: action,
                                target: target,
                                from: from,
                                to: from
                            )
                            _ = try store.auditEntries(filter, page: PageRequest(limit: 9, after: after))
                        }
                    }
                }
            }
        }
        _ = try (store.auditHead(), store.checkedAuditChain())
        _ = try store.forgetAuditEntries(before: NumericDate(.max), limit: 9)
        let claim = AuditSample.claim(1)
        try store.keep(.null, isComplete: true, for: claim, at: StoreSample.now)
        _ = try store.keptAnswer(to: claim, at: StoreSample.now)
        _ = try store.forgetAnswers(at: StoreSample.now, limit: 9)
        _ = try store.leakedKey(StoreSample.digest(1))
    }
}
