import Administration
import AuthorizationServer
import Dispatch
import OAuth
import SQLiteStore
import Synchronization
import TestSupport
import Testing

@Suite("The one committer")
struct GroupCommitTests {
    private let directory: TemporaryDirectory
    private let store: SQLiteStore

    init() throws {
        directory = try TemporaryDirectory()
        store = try SQLiteStore.open(directory: directory.path, onChange: { _ in })
    }

    /// Keeps the writer busy while `body` queues its changes behind it.
    private func whileHeld(_ body: () async throws -> Void) async throws {
        let (begun, mayEnd) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        async let held: Void = store.write { _ in
            begun.signal()
            mayEnd.wait()
        }
        await Self.wait(for: begun)
        try await body()
        mayEnd.signal()
        try await held
    }

    private static func wait(for semaphore: DispatchSemaphore) async {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                semaphore.wait()
                continuation.resume()
            }
        }
    }

    private static func scope(_ number: Int) -> ScopeRecord {
        ScopeRecord(name: "test:\(number)", description: "", isBuiltIn: false)
    }

    private func tasks(_ count: Int, _ body: @escaping @Sendable (Int, any AdminWriter) throws -> Void)
        async throws
        -> [Task<Void, any Error>]
    {
        let tasks = (0..<count).map { number in
            Task { [store] in try await store.write { try body(number, $0) } }
        }
        // Long enough for each to have queued its change; too short makes more batches, not wrong ones.
        try await Task.sleep(for: .milliseconds(300))
        return tasks
    }

    @Test
    func `changes that wait share a transaction`() async throws {
        let before = store.statistics
        var waiting: [Task<Void, any Error>] = []
        try await whileHeld { waiting = try await tasks(64) { try $1.insert(Self.scope($0)) } }
        for task in waiting { try await task.value }
        #expect(store.statistics.mutations - before.mutations == 65)
        #expect(store.statistics.commits - before.commits <= 4)
        store.close()
    }

    @Test
    func `a change that throws leaves its neighbours in the batch intact`() async throws {
        var waiting: [Task<Void, any Error>] = []
        try await whileHeld {
            waiting = try await tasks(30) { number, store in
                try store.insert(Self.scope(number))
                if number % 3 == 0 { throw AdminRefusal.conflict("number \(number)") }
                // A constraint that fails inside SQLite, in the middle of a change.
                if number % 3 == 1 { try store.insert(Self.scope(number)) }
            }
        }
        for (number, task) in waiting.enumerated() {
            let result = await task.result
            switch result {
            case .success: #expect(number % 3 == 2)
            case .failure(let error): #expect(error is AdminRefusal && number % 3 != 2)
            }
            #expect(
                try await store.read { try $0.scope(named: "test:\(number)") != nil } == (number % 3 == 2)
            )
        }
        #expect(store.statistics.failures == 0)
        store.close()
    }

    // threats: DBF-13
    @Test
    func `a caller who gives up cancels neither its own change nor anyone else's`() async throws {
        var waiting: [Task<Void, any Error>] = []
        try await whileHeld {
            waiting = try await tasks(40) { try $1.insert(Self.scope($0)) }
            for task in waiting { task.cancel() }
        }
        for task in waiting { try await task.value }
        let page = PageRequest(limit: 200, after: "test:")
        #expect(try await store.read { try $0.scopes(page) }.count { $0.name.hasPrefix("test:") } == 40)
        #expect(store.statistics.failures == 0)
        store.close()
    }

    // threats: DBF-13
    @Test
    func `a cancelled reader is no fault of the store`() async throws {
        try await store.fill()
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<200 {
                group.addTask { [store] in
                    unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
                    return (try? await store.client(withDigest: StoreSample.digest(1))) != nil
                }
            }
            for await found in group { #expect(found) }
        }
        store.close()
    }

    private final class CountingCarrier: AnswerCarrier {
        let carried = Mutex(0)
        let answers = Mutex(0)

        func carry(_ answers: @escaping @Sendable () -> Void) {
            carried.withLock { $0 += 1 }
            answers()
        }

        func deny(in store: SQLiteStore) {
            let denial = TokenDenial(
                token: DeniedToken(id: TokenID(high: 1, low: 2), until: StoreSample.now),
                owner: KeyID(ULID(high: 3, low: 4)),
                right: RevocationRight(client: KeyID(ULID(high: 3, low: 4)), project: nil),
                now: StoreSample.now
            )
            store.deny(denial, via: self) { _ in self.answers.withLock { $0 += 1 } }
        }
    }

    @Test
    func `the answers of a batch go to each place in one piece`() async throws {
        let carriers = [CountingCarrier(), CountingCarrier()]
        let before = store.statistics
        try await whileHeld {
            for _ in 0..<32 { for carrier in carriers { carrier.deny(in: store) } }
        }
        store.close()
        #expect(store.statistics.mutations - before.mutations == 65)
        for carrier in carriers {
            #expect(carrier.answers.withLock { $0 } == 32)
            #expect(carrier.carried.withLock { $0 } == 1)
        }
        // Nobody commits any more: the answer comes at once, and is not carried.
        carriers[0].deny(in: store)
        #expect(carriers[0].answers.withLock { $0 } == 33 && carriers[0].carried.withLock { $0 } == 1)
    }

    @Test
    func `past a thousand waiting changes the next is refused at once`() async throws {
        var waiting: [Task<Void, any Error>] = []
        try await whileHeld { waiting = try await tasks(1100) { try $1.insert(Self.scope($0)) } }
        var refused = 0
        for task in waiting {
            guard case .failure(let error) = await task.result else { continue }
            #expect(error is StoreUnavailable)
            refused += 1
        }
        #expect(refused == 76)
        store.close()
    }

    @Test
    func `what waits is made durable before the store closes, and nothing after`() async throws {
        var waiting: [Task<Void, any Error>] = []
        try await whileHeld { waiting = try await tasks(10) { try $1.insert(Self.scope($0)) } }
        store.close()
        for task in waiting { try await task.value }
        await #expect(throws: StoreUnavailable.self) {
            try await store.write { try $0.insert(Self.scope(99)) }
        }
        await #expect(throws: StoreUnavailable.self) {
            try await store.client(withDigest: StoreSample.digest(1))
        }
        store.close()
    }
}
