import Administration
import AuthorizationServer
import Foundation
import OAuth
import Primitives

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Where copies of the database lie: private files in a private directory, named after identifiers only.
struct BackupDirectory {
    static let name = "backups"
    private static let (suffix, partialSuffix) = (".db", ".part")

    private let path: String

    /// - Parameter directory: The data directory.
    init(in directory: String) { path = directory + "/" + Self.name }

    static func file(_ id: BackupID) -> String { id.description + suffix }

    /// Whole copies, the oldest first; not what somebody else has put there.
    var copies: [BackupID] {
        names.filter { $0.hasSuffix(Self.suffix) }.sorted()
            .compactMap { BackupID(parsing: String($0.dropLast(Self.suffix.count))) }
    }

    private var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] }

    /// Makes the directory, and clears away what an earlier process left half made.
    func prepare() throws {
        if unsafe mkdir(path, 0o700) != 0, errno != EEXIST { throw fault("make", path) }
        guard let status = SystemCall.status(ofLink: path), SystemCall.isKind(status, S_IFDIR),
            status.st_uid == geteuid(), SystemCall.changeMode(path, to: 0o700)
        else { throw StoreUnavailable(reason: "\(path) is no directory of the user who runs this") }
        removePartials()
    }

    /// A new file for a copy that is being made; others never see it, and neither does a restore.
    func makePartial(_ id: BackupID) throws -> String {
        let partial = partial(id)
        guard let descriptor = SystemCall.createPrivate(partial) else { throw fault("make", partial) }
        close(descriptor)
        return partial
    }

    /// Brings the finished copy to the disk under its name, which nothing else has.
    func publish(_ id: BackupID) throws -> BackupFile {
        let (partial, final) = (partial(id), path + "/" + Self.file(id))
        let file = try digest(partial)
        // Unlike a rename, a link never replaces what is there.
        guard unsafe link(partial, final) == 0 else { throw fault("make", final) }
        _ = unsafe unlink(partial)
        guard SystemCall.syncDirectory(path) else { throw fault("sync", path) }
        return file
    }

    func read(_ id: BackupID, from offset: Int64, length: Int) throws -> [UInt8] {
        let file = path + "/" + Self.file(id)
        guard let descriptor = SystemCall.openToRead(file) else { throw fault("open", file) }
        defer { close(descriptor) }
        guard let part = SystemCall.read(descriptor, from: offset, length: length) else {
            throw fault("read", file)
        }
        return part
    }

    func delete(_ id: BackupID) throws {
        let file = path + "/" + Self.file(id)
        guard unsafe unlink(file) == 0 || errno == ENOENT else { throw fault("remove", file) }
    }

    /// One copy is made at a time, so whatever is half made is nobody's.
    func removePartials() {
        // With SQLite's journal of it, if there is one.
        for name in names where name.contains(Self.partialSuffix) { _ = unsafe unlink(path + "/" + name) }
    }

    private func partial(_ id: BackupID) -> String { path + "/" + Self.file(id) + Self.partialSuffix }

    /// Syncs the file, and reads it once more as it is.
    private func digest(_ file: String) throws -> BackupFile {
        guard let descriptor = SystemCall.openToRead(file) else { throw fault("open", file) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw fault("sync", file) }
        var stream = SHA256Stream()
        var size: Int64 = 0
        while true {
            guard let part = SystemCall.read(descriptor, from: size, length: 1 << 20) else {
                throw fault("read", file)
            }
            guard !part.isEmpty else { return BackupFile(size: size, digest: stream.finish()) }
            stream.update(part)
            size += Int64(part.count)
        }
    }

    private func fault(_ action: String, _ file: String) -> StoreUnavailable {
        StoreUnavailable(reason: "cannot \(action) \(file): \(SystemCall.lastError)")
    }
}
