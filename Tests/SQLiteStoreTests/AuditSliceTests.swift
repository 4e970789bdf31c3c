import AdminAPI
import Administration
import AuthorizationServer
import GRDB
import OAuth
import Primitives
import Synchronization
import TestSupport
import Testing

@testable import SQLiteStore

/// A store that tells when a read is about to begin.
private struct WatchedStore: AdminStore {
    let store: SQLiteStore
    let beforeRead: @Sendable (Int) async throws -> Void
    private let reads = ReadCounter()

    init(_ store: SQLiteStore, beforeRead: @escaping @Sendable (Int) async throws -> Void) {
        self.store = store
        self.beforeRead = beforeRead
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (any AdminReader) throws -> Value
    ) async throws -> Value {
        try await beforeRead(reads.next())
        return try await store.read(body)
    }

    func write<Value: Sendable>(
        _ body: @escaping @Sendable (any AdminWriter) throws -> Value
    ) async throws -> Value { try await store.write(body) }
}

private final class ReadCounter: Sendable {
    private let count = Mutex(0)

    func next() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
}

@Suite("Audit trail: verified in slices")
struct AuditSliceTests {
    private let directory: TemporaryDirectory
    private let store: SQLiteStore
    private let administrator = Administrator(id: StoreSample.keyID(1), scopes: ["audit:read"])

    init() throws {
        directory = try TemporaryDirectory()
        store = try SQLiteStore.open(directory: directory.path, onChange: { _ in })
    }

    private func record(_ numbers: ClosedRange<Int>) async throws {
        try await store.write { writer in
            for number in numbers { try writer.record(AuditSample.event(number)) }
        }
    }

    private func verified(
        witness: (number: Int64, hash: [UInt8])? = nil,
        _ beforeRead: @escaping @Sendable (Int) async throws -> Void
    ) async throws -> AuditChain {
        let administration = Administration(
            store: WatchedStore(store, beforeRead: beforeRead),
            limits: AdministrationLimits(
                algorithms: ["ES256"],
                tokenSize: TokenSizeBound(issuerLength: 21, signatureLength: 64)
            ),
            identifiers: IdentifierGenerator()
        )
        let now = StoreSample.now
        return try await administration.verifyAudit(witness: witness, by: administrator, at: now).chain
    }

    private func prepare() async throws {
        var key = StoreSample.key(1)
        (key.adminRole, key.scopes) = (.superAdmin, administrator.scopes)
        key.audiences = [AudienceRecord.administration]
        try await store.fill([key])
        try await record(1...3500)
    }

    @Test
    func `the WAL is checkpointed and emptied while the trail is verified`() async throws {
        try await prepare()
        defer { store.close() }
        let checkpoints = Mutex(0)
        let chain = try await verified { [store] number in
            guard number > 1 else { return }
            // An event behind those that are verified: something for the WAL.
            try await store.write { try $0.record(AuditSample.event(9)) }
            let isBusy = try await store.connections.database.writeWithoutTransaction { db in
                try Int64.fetchOne(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
            }
            #expect(isBusy == 0)
            checkpoints.withLock { $0 += 1 }
        }
        #expect(chain.fault == nil && chain.checked == 3500 && chain.head.number == 3500)
        #expect(checkpoints.withLock { $0 } == 4)
        #expect(try await store.auditHead().number == 3504)
    }

    @Test
    func `events that are forgotten meanwhile are no fault, but a witness among them is a conflict`()
        async throws
    {
        try await prepare()
        defer { store.close() }
        let forget: @Sendable (Int) async throws -> Void = { [store] number in
            guard number == 3 else { return }
            let limit = 1500
            let count = try await store.write {
                try $0.forgetAuditEntries(before: NumericDate(.max), limit: limit)
            }
            #expect(count == limit)
        }
        let witness = try await store.read { try $0.auditEntries(after: 1199, limit: 1) }.map(\.head)
        await #expect(throws: AdminRefusal.self) {
            try await verified(witness: witness.first.map { ($0.number, $0.hash.bytes) }, forget)
        }
        #expect(try await store.read { try $0.auditStart().number } == 1500)
        let chain = try await verified(forget)
        #expect(chain.fault == nil && chain.checked == 1000 + 500 && chain.head.number == 3500)
    }

    @Test
    func `an event that is changed between two slices is found`() async throws {
        try await prepare()
        defer { store.close() }
        let chain = try await verified { [store] number in
            guard number == 3 else { return }
            try await store.committer.commit { transaction in
                try transaction.db.execute(
                    sql: "DROP TRIGGER auditIsFixed; UPDATE audit SET target = '' WHERE number = 1700"
                )
            }
        }
        #expect(chain.fault?.number == 1700)
    }
}
