import Administration
package import AuthorizationServer
import GRDB

/// Everything that outlives the process, but for private keys: one SQLite database in the data directory.
///
/// Start reading here. Reads go to pooled connections and see the last commit; every change goes through the
/// one ``Committer``, and is on the disk before its caller is answered (`synchronous=FULL`).
package final class SQLiteStore: Sendable {
    let connections: Connections
    let committer: Committer
    let sharedLists = SharedLists()
    let lookups: ClientLookups
    /// The data directory; `nil`: in memory.
    let directory: String?
    let identifiers = IdentifierGenerator()
    let replays = ReplayMemory()
    private let upkeepTurns = UpkeepTurns()
    /// What the operator should know of the place where the data lies.
    package let warnings: [String]

    /// Opens the database in `directory`, made when it is missing, and holds it until ``close()``.
    ///
    /// - Parameter onChange: Called with what a durable change has made stale, before that change is answered,
    ///   on the thread that commits: it must be quick, and must not wait for the store.
    /// - Throws: ``SQLiteStoreError`` when the directory is in use, not private, or from a newer release.
    package static func open(
        directory: String,
        onChange: @escaping @Sendable ([CommittedChange]) -> Void
    ) throws(SQLiteStoreError) -> SQLiteStore {
        let place = try DataDirectory(opening: directory)
        let lock = try LockFile(acquiring: place.lockFile)
        try place.prepareFiles()
        BackupDirectory(in: place.path).removePartials()
        return try SQLiteStore(
            path: place.database,
            directory: place.path,
            lock: lock,
            warnings: place.warnings,
            onChange: onChange
        )
    }

    /// A store that is gone when it is closed, for tests.
    package static func inMemory(
        onChange: @escaping @Sendable ([CommittedChange]) -> Void = { _ in }
    ) throws(SQLiteStoreError) -> SQLiteStore {
        try SQLiteStore(path: nil, directory: nil, lock: nil, warnings: [], onChange: onChange)
    }

    private init(
        path: String?,
        directory: String?,
        lock: consuming LockFile?,
        warnings: [String],
        onChange: @escaping @Sendable ([CommittedChange]) -> Void
    ) throws(SQLiteStoreError) {
        do {
            connections = try Connections(path: path)
            try Schema.migrate(connections.database)
        } catch let error as SQLiteStoreError {
            throw error
        } catch {
            throw SQLiteStoreError(opening: directory, error)
        }
        lookups = ClientLookups(connections: connections, sharedLists: sharedLists)
        self.warnings = warnings
        self.directory = directory
        committer = Committer(connections: connections, lock: lock, onChange: onChange)
        committer.start()
    }

    /// Makes durable what waits, checkpoints, closes the database and frees the data directory.
    ///
    /// Blocks until that is done. Whoever uses the store afterwards gets ``StoreUnavailable``.
    package func close() {
        committer.finish()
        committer.waitUntilEnded()
    }

    deinit { committer.finish() }

    /// Whether changes fail at this moment; for event loops.
    package var health: StoreHealth { committer.health }

    /// Runs `body` on a reading connection, off the caller's thread.
    ///
    /// No Task is involved: GRDB would interrupt the read of a cancelled one, and a client that hangs up
    /// would look like a fault of the disk.
    ///
    /// - Parameter isSnapshot: Whether several statements must see the same commit.
    func read<Value: Sendable>(
        isSnapshot: Bool,
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        let database = connections.database
        return try await withCheckedThrowingContinuation { continuation in
            let answer: @Sendable (Result<Database, any Error>) -> Void = { database in
                continuation.resume(
                    with: Result { try body(database.get()) }.mapError(StoreFault.meaning(of:))
                )
            }
            if isSnapshot {
                database.asyncRead(answer)
            } else {
                database.asyncUnsafeRead(answer)
            }
        }
    }

    /// As ``read(isSnapshot:_:)``, for a look that nothing but a fault can prevent.
    func answer<Value: Sendable>(
        isSnapshot: Bool = false,
        _ body: @escaping @Sendable (StoreTransaction) throws -> Value
    ) async throws(StoreUnavailable) -> Value {
        do {
            return try await read(isSnapshot: isSnapshot) { db in try body(StoreTransaction(db)) }
        } catch {
            throw StoreFault.unavailable(error)
        }
    }

    /// As ``change(_:)``, for what nobody waits for and may be very much, a piece at a time (``UpkeepTurns``).
    func keep<Value: Sendable>(
        _ body: @escaping @Sendable (StoreTransaction) throws -> Value
    ) async throws(StoreUnavailable) -> Value {
        await upkeepTurns.take()
        let start = ContinuousClock.now
        defer { upkeepTurns.leave(after: .now - start) }
        return try await change { transaction in
            transaction.pace = .upkeep
            return try body(transaction)
        }
    }

    /// As ``Committer/commit(_:)``, for a change that nothing but a fault can prevent.
    func change<Value: Sendable>(
        _ body: @escaping @Sendable (StoreTransaction) throws -> Value
    ) async throws(StoreUnavailable) -> Value {
        do {
            return try await committer.commit(body)
        } catch {
            throw StoreFault.unavailable(error)
        }
    }
}
