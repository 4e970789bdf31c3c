import AuthorizationServer
import Dispatch
import Foundation
import GRDB
import Synchronization

/// The one thread that writes: it gathers the mutations that wait and makes them durable together.
///
/// While one batch is on its way to the disk the next one gathers, so that under load an fsync is shared by
/// all who waited for it. Who has just been answered comes back soon: a batch waits until it is as large as the
/// one before, for as long at most as that took. So changes that are worked out one after another share an fsync
/// too; where there are few, nobody waits. SQLite checkpoints on this same connection, each time that the WAL has
/// grown by as many pages as ``Pace`` says: one connection writes and checkpoints.
final class Committer: Sendable {
    private let queue = CommitQueue(capacity: 1024)
    private let connections: Connections
    private let lock: Mutex<LockFile?>
    private let onChange: @Sendable ([CommittedChange]) -> Void
    private let counters = Mutex(CommitStatistics())
    private let ended = DispatchSemaphore(value: 0)
    let health = StoreHealth()

    /// Mutations in one transaction, at most: it bounds how long the first of them waits.
    private static let batchLimit = 256
    /// Fewer mutations than these in one transaction are no reason to wait for as many.
    private static let crowd = 4
    /// That a batch waits for others, at most: after a slow one too.
    private static let longestWait = Duration.milliseconds(2)

    init(
        connections: Connections,
        lock: consuming LockFile?,
        onChange: @escaping @Sendable ([CommittedChange]) -> Void
    ) {
        self.connections = connections
        self.lock = Mutex(lock)
        self.onChange = onChange
    }
    var statistics: CommitStatistics { counters.withLock { $0 } }

    func start() {
        let thread = Thread { self.run() }
        thread.name = "committer"
        thread.stackSize = 2 << 20
        thread.start()
    }

    /// Returns when `body` is on the disk with everything that it changed.
    ///
    /// A caller whose task is cancelled still waits: the change may be durable already.
    ///
    /// - Throws: What `body` threw, and then it has changed nothing; or ``StoreUnavailable``, likewise.
    func commit<Value: Sendable>(
        _ body: @escaping @Sendable (StoreTransaction) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            submit(
                PendingMutation(body) { result in
                    continuation.resume(with: result.mapError(StoreFault.meaning(of:)))
                }
            )
        }
    }

    /// As ``commit(_:)`` for callers that do not wait, such as an event loop.
    ///
    /// - Parameters:
    ///   - isOneStatement: It writes with one statement at most: a savepoint would cost as much as the change.
    ///   - carrier: Takes the answers of its callers to them, all of one batch at once.
    ///   - body: Says by its value what came of it; an error is a fault, and then it has changed nothing.
    ///   - done: Called once, when the change is on the disk, where the carrier takes it, or on the thread that
    ///     commits; at once and on the caller's when no more changes are taken. It must be quick.
    func submit<Value: Sendable>(
        isOneStatement: Bool = false,
        via carrier: (any AnswerCarrier)? = nil,
        _ body: @escaping @Sendable (StoreTransaction) throws -> Value,
        _ done: @escaping @Sendable (CommitResult<Value>) -> Void
    ) {
        submit(
            PendingMutation(isOneStatement: isOneStatement, via: carrier, body) { result in
                done(result.mapError(StoreFault.unavailable))
            }
        )
    }

    /// Settled as the closure above is called.
    func submit(_ mutation: any Mutation) {
        if let refusal = queue.append(mutation) { mutation.settle(with: refusal) }
    }

    /// Takes no more mutations; the thread ends after those that wait, and closes the database.
    func finish() { queue.close() }

    func waitUntilEnded() {
        ended.wait()
        ended.signal()
    }

    private func run() {
        var writer = Writer()
        var (company, patience) = (1, Duration.zero)
        while let batch = queue.next(upTo: Self.batchLimit, company: company, patience: patience) {
            let start = ContinuousClock.now
            settle(batch, by: &writer)
            company = batch.count < Self.crowd ? 1 : batch.count
            patience = min(.now - start, Self.longestWait)
        }
        connections.close()
        lock.withLock { $0 = nil }
        ended.signal()
    }

    /// What is known of the connection that writes.
    private struct Writer {
        var isCondemned = false
        var pace = Pace.ordinary
    }

    private func settle(_ batch: [any Mutation], by writer: inout Writer) {
        do {
            if writer.isCondemned {
                try connections.replace()
                writer = Writer()
                counters.withLock { $0.reopenings += 1 }
            }
            let start = ContinuousClock.now
            let changes = try connections.database.writeWithoutTransaction { db in
                try commit(batch, on: db, at: &writer.pace)
            }
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            if !changes.isEmpty { onChange(changes) }
            health.report(isFailing: false)
            counters.withLock {
                $0.commits += 1
                $0.mutations += batch.count
                $0.durations.record(seconds)
                $0.batchSizes.record(Double(batch.count))
            }
            tell(batch, nil)
        } catch {
            writer.isCondemned = writer.isCondemned || StoreFault.condemnsConnection(error)
            health.report(isFailing: true)
            counters.withLock { $0.failures += 1 }
            tell(batch, StoreFault.unavailable(error))
        }
    }

    /// Each carrier is called once: one that wakes a thread for every answer wakes it for every answer.
    private func tell(_ batch: [any Mutation], _ fault: StoreUnavailable?) {
        var carried: [(carrier: any AnswerCarrier, mutations: [any Mutation])] = []
        for mutation in batch {
            guard let carrier = mutation.carrier else {
                mutation.settle(with: fault)
                continue
            }
            if let index = carried.firstIndex(where: { $0.carrier === carrier }) {
                carried[index].mutations.append(mutation)
            } else {
                carried.append((carrier, [mutation]))
            }
        }
        for (carrier, mutations) in carried {
            carrier.carry { for mutation in mutations { mutation.settle(with: fault) } }
        }
    }

    private func commit(
        _ batch: [any Mutation],
        on db: Database,
        at pace: inout Pace
    ) throws -> [CommittedChange] {
        try db.run("BEGIN IMMEDIATE")
        do {
            var changes: [CommittedChange] = []
            var needed = Pace.ordinary
            for mutation in batch {
                let transaction = StoreTransaction(db)
                if try apply(mutation, to: transaction, isAlone: batch.count == 1) {
                    changes += transaction.changes
                }
                needed = max(needed, transaction.pace)
            }
            if needed != pace {
                try needed.set(on: db)
                pace = needed
            }
            // The one mutation was refused, and has taken the transaction with it.
            guard db.isInsideTransaction else { return [] }
            do { try db.run("COMMIT") } catch { throw FailedCommit(cause: error) }
            return CommittedChange.condensed(changes)
        } catch {
            if db.isInsideTransaction { try? db.run("ROLLBACK") }
            guard !db.isInsideTransaction else {
                throw DatabaseError(
                    resultCode: .SQLITE_INTERNAL,
                    message: "a transaction cannot be rolled back"
                )
            }
            throw error
        }
    }

    /// - Parameter isAlone: Its savepoint is the transaction, which spares SQLite a copy of every page that it
    ///   changes.
    /// - Returns: Whether it has changed what it wanted to.
    /// - Throws: Only what ends the whole batch; an error of the mutation alone is kept by the mutation.
    private func apply(
        _ mutation: any Mutation,
        to transaction: StoreTransaction,
        isAlone: Bool
    ) throws -> Bool {
        let db = transaction.db
        let needsSavepoint = !mutation.isOneStatement && !isAlone
        if needsSavepoint { try db.run("SAVEPOINT mutation") }
        do {
            try mutation.apply(to: transaction)
        } catch {
            // SQLite may have rolled everything back by itself.
            guard db.isInsideTransaction, !StoreFault.endsBatch(error) else { throw error }
            if isAlone { try db.run("ROLLBACK") }
            if needsSavepoint {
                try db.run("ROLLBACK TO mutation")
                try db.run("RELEASE mutation")
            }
            return false
        }
        if needsSavepoint { try db.run("RELEASE mutation") }
        return true
    }
}

extension CommittedChange {
    /// One change of everything says it all of the keys.
    static func condensed(_ changes: [CommittedChange]) -> [CommittedChange] {
        let isTotal = changes.contains { if case .everything = $0 { true } else { false } }
        guard isTotal else { return changes }
        return [.everything]
            + changes.filter { change in
                switch change {
                case .key, .everything: false
                case .denied, .status: true
                }
            }
    }
}

extension Database {
    /// Executes SQL without arguments that this connection has compiled before, or will again.
    func run(_ sql: String) throws { try cachedStatement(sql: sql).execute() }
}
