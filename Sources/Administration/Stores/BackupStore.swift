package import AuthorizationServer
package import OAuth
package import Primitives

/// Copies of the database, made while it serves.
///
/// Their names are made from identifiers, so that no name from outside ever becomes a path.
package protocol BackupStore: Sendable {
    /// Where a copy lies, below the data directory.
    func backupFile(_ id: BackupID) -> String

    /// Copies that lie there now, the oldest first, those of earlier processes too.
    var backups: [BackupID] { get }

    /// Copies the whole database at one moment into a new private file, off the caller's thread, and checks it.
    ///
    /// - Parameter progress: Told now and then, in bytes; on any thread.
    /// - Throws: ``StoreUnavailable``, and then no copy of this name is left.
    func makeBackup(
        _ id: BackupID,
        progress: @escaping @Sendable (_ copied: Int64, _ size: Int64) -> Void
    ) async throws(StoreUnavailable) -> BackupFile

    /// - Parameter length: Bytes at most; fewer are returned at the end of the file only.
    /// - Throws: ``StoreUnavailable``.
    func readBackup(_ id: BackupID, from offset: Int64, length: Int) async throws(StoreUnavailable) -> [UInt8]

    /// - Throws: ``StoreUnavailable`` when it is still there.
    func deleteBackup(_ id: BackupID) async throws(StoreUnavailable)
}

/// A copy that is complete, sound and on the disk.
package struct BackupFile: Sendable {
    /// Bytes.
    package var size: Int64
    package var digest: SHA256Digest

    package init(size: Int64, digest: SHA256Digest) {
        self.size = size
        self.digest = digest
    }
}
