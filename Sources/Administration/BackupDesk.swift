package import AdminAPI
import AuthorizationServer
package import OAuth
import Primitives
import Synchronization

/// The copies that this process has made: one at a time, and a few at most lie around, those of earlier ones too.
package final class BackupDesk: Sendable {
    /// Copies that may lie in the data directory unfetched; they are as large as the database.
    private static let capacity = 4

    let store: any BackupStore
    private let afterCopy: @Sendable () async throws -> Void
    private let backups = Mutex<[BackupRecord]>([])

    /// - Parameter afterCopy: Done when a copy exists and before anybody is told so: from then on the copy is older
    ///   than the database, and is known to be.
    package init(store: any BackupStore, afterCopy: @escaping @Sendable () async throws -> Void) {
        self.store = store
        self.afterCopy = afterCopy
    }

    /// Makes room for a copy, that ``begin(_:)`` then makes.
    ///
    /// - Throws: ``AdminRefusal/conflict(_:)``.
    func reserve(_ id: BackupID, at now: NumericDate) throws(AdminRefusal) -> BackupRecord {
        let backup = BackupRecord(id: id, createdAt: now, file: store.backupFile(id))
        let refusal: AdminRefusal? = backups.withLock { backups in
            backups.removeAll { if case .failed = $0.state { true } else { false } }
            guard !backups.contains(where: { if case .running = $0.state { true } else { false } }) else {
                return .conflict("another backup is under way: wait until it is done")
            }
            // Files may have been removed by hand.
            let lying = store.backups
            backups.removeAll { !lying.contains($0.id) }
            guard lying.count < Self.capacity else {
                return .conflict(
                    """
                    \(lying.count) backups lie in the data directory (\(lying.map(\.description).joined(separator: ", "))): \
                    fetch and delete one, or remove its file from \(store.backupFile(lying[0]).prefix { $0 != "/" })
                    """
                )
            }
            backups.append(backup)
            return nil
        }
        if let refusal { throw refusal }
        return backup
    }

    /// Begins the copy; it goes on by itself.
    func begin(_ id: BackupID) { Task { await copy(id) } }

    func backup(_ id: BackupID) -> BackupRecord? { backups.withLock { $0.first { $0.id == id } } }

    func forget(_ id: BackupID) { backups.withLock { $0.removeAll { $0.id == id } } }

    private func copy(_ id: BackupID) async {
        do {
            let file = try await store.makeBackup(id) { [self] copied, size in
                set(id, .running(copied: copied, size: size))
            }
            try await afterCopy()
            set(id, .done(file))
        } catch {
            // Nobody will hear of this copy, and of a whole one the database may not know that it is older.
            try? await store.deleteBackup(id)
            set(id, .failed((error as? StoreUnavailable)?.reason ?? "\(error)"))
        }
    }

    private func set(_ id: BackupID, _ state: BackupRecord.State) {
        backups.withLock { backups in
            guard let index = backups.firstIndex(where: { $0.id == id }) else { return }
            backups[index].state = state
        }
    }
}

/// One copy of the database.
package struct BackupRecord: Sendable {
    package enum State: Sendable {
        /// Bytes; both 0 as long as nothing is known.
        case running(copied: Int64, size: Int64)
        case done(BackupFile)
        case failed(String)
    }

    package var id: BackupID
    package var createdAt: NumericDate
    /// Below the data directory.
    package var file: String
    package var state = State.running(copied: 0, size: 0)

    package var message: BackupMessage {
        var message = BackupMessage(
            id: id,
            status: .running,
            createdAt: createdAt,
            file: file,
            copied: 0,
            size: 0,
            sha256: nil,
            reason: nil
        )
        switch state {
        case .running(let copied, let size): (message.copied, message.size) = (copied, size)
        case .done(let file):
            message.status = .done
            (message.copied, message.size) = (file.size, file.size)
            message.sha256 = file.digest.hexadecimal
        case .failed(let reason):
            message.status = .failed
            message.reason = reason
        }
        return message
    }
}
