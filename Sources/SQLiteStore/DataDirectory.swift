import Foundation

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The directory that holds the database, made private before SQLite sees it.
struct DataDirectory {
    /// Absolute and without symbolic links: a later change of the working directory must not matter.
    let path: String
    /// What the operator should know, though it does not prevent the start.
    let warnings: [String]

    var database: String { path + "/tokenbooth.db" }
    var lockFile: String { path + "/tokenbooth.lock" }

    /// Makes the directory, or accepts one that only its owner can enter.
    ///
    /// An empty directory that is ours is closed to others; one that holds anything is refused instead, for
    /// its contents may have been read or planted already.
    init(opening path: String) throws(SQLiteStoreError) {
        var name = path
        while name.utf8.count > 1, name.utf8.last == UInt8(ascii: "/") { name.removeLast() }
        if unsafe mkdir(name, 0o700) == 0 {
            guard SystemCall.changeMode(name, to: 0o700) else {
                throw SQLiteStoreError("data directory \(name)", errno)
            }
            // As far as that can be had: the parent may be none that we can read.
            _ = SystemCall.syncDirectory(name + "/..")
        } else if errno != EEXIST {
            throw SQLiteStoreError("cannot make the data directory \(name)", errno)
        }
        try Self.check(name)
        guard let resolved = SystemCall.resolved(name) else {
            throw SQLiteStoreError("data directory \(name)", errno)
        }
        self.path = resolved
        warnings = try Self.judgeFileSystem(of: resolved)
    }

    private static func check(_ path: String) throws(SQLiteStoreError) {
        guard let status = SystemCall.status(ofLink: path) else {
            throw SQLiteStoreError("data directory \(path)", errno)
        }
        guard !SystemCall.isKind(status, S_IFLNK) else {
            throw SQLiteStoreError(
                .notPrivate,
                "data directory \(path) is a symbolic link: name its target instead"
            )
        }
        guard SystemCall.isKind(status, S_IFDIR) else {
            throw SQLiteStoreError(.unusable, "\(path) is not a directory")
        }
        guard status.st_uid == geteuid() else {
            throw SQLiteStoreError(
                .notPrivate,
                "data directory \(path) belongs to user \(status.st_uid), not to \(geteuid()) who runs this"
            )
        }
        guard status.st_mode & 0o077 != 0 else { return }
        let contents = try? FileManager.default.contentsOfDirectory(atPath: path)
        guard contents?.isEmpty == true, SystemCall.changeMode(path, to: 0o700) else {
            throw SQLiteStoreError(
                .notPrivate,
                "data directory \(path) is open to others and not empty: check what it holds, then chmod 700 it"
            )
        }
    }

    /// Makes the database file 0600 before SQLite would make it readable to all; -wal and -shm take its mode.
    func prepareFiles() throws(SQLiteStoreError) {
        guard let descriptor = SystemCall.openPrivate(database) else {
            throw SQLiteStoreError("cannot open \(database)", errno)
        }
        close(descriptor)
        guard SystemCall.syncDirectory(path) else {
            throw SQLiteStoreError("cannot sync the data directory \(path)", errno)
        }
        for file in [database, database + "-wal", database + "-shm"] {
            guard let status = SystemCall.status(ofLink: file) else { continue }
            guard SystemCall.isKind(status, S_IFREG), status.st_uid == geteuid() else {
                throw SQLiteStoreError(.notPrivate, "\(file) is not a regular file of the user who runs this")
            }
            guard status.st_mode & 0o777 == 0o600 || SystemCall.changeMode(file, to: 0o600) else {
                throw SQLiteStoreError("cannot make \(file) private", errno)
            }
        }
    }

    /// WAL keeps its index in shared memory, which network file systems do not give.
    private static func judgeFileSystem(of path: String) throws(SQLiteStoreError) -> [String] {
        guard let type = FileSystem.type(of: path) else { return [] }
        guard !FileSystem.isNetwork(type) else {
            throw SQLiteStoreError(
                .unsuitableFileSystem,
                "data directory \(path) is on a network file system (\(type)); put it on a local disk"
            )
        }
        guard FileSystem.isFUSE(type) else { return [] }
        return [
            "data directory \(path) is on a file system of type \(type): it must honour fsync and shared mmap"
        ]
    }
}
