import AuthorizationServer
import OAuth
import SQLiteStore
import Synchronization

/// Raises the epoch: in the database first, then in the keys directory.
///
/// So the file never has more than the database that it belongs to, however the process ends, and a copy of the
/// database that was made before has less than the file from then on.
actor EpochKeeper {
    private let store: SQLiteStore
    private let keys: KeysDirectory
    /// What the file holds.
    private var written: Int64
    /// Attempts to write the file that failed.
    nonisolated let failures = Atomic<Int>(0)

    init(store: SQLiteStore, keys: KeysDirectory, written: Int64) {
        self.store = store
        self.keys = keys
        self.written = written
    }

    /// - Returns: What the database remembers, the clock included.
    /// - Throws: `StoreUnavailable`; ``FileError`` when only the database has the new epoch.
    @discardableResult
    func raise(at now: NumericDate) async throws -> Continuity {
        let continuity = try await store.remember(now, raisingEpoch: true)
        try write(continuity.epoch)
        return continuity
    }

    /// Brings the file up to what the database has, if it is not.
    func write(_ epoch: Int64) throws(FileError) {
        // Another call may have been quicker: only ever upwards.
        guard epoch > written else { return }
        do throws(FileError) {
            try keys.store(epoch: epoch)
        } catch {
            failures.wrappingAdd(1, ordering: .relaxed)
            throw error
        }
        written = epoch
    }
}
