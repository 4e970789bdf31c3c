import Primitives

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A new private file that is written in pieces and is there whole or not at all; it never replaces another.
final class PrivateFileWriter {
    let path: String
    private let directory: FileHandle
    private let name: String
    private let temporary: String
    private let file: FileHandle
    private var digest = SHA256Stream()
    private var isPublished = false

    /// - Throws: ``FileError`` of kind `alreadyExists` when there is a file of that name.
    init(_ path: String) throws(FileError) {
        let (parent, name) = try PrivateFile.split(path)
        directory = try FileHandle.open(parent, flags: O_RDONLY | O_DIRECTORY)
        self.path = path
        self.name = name
        guard unsafe faccessat(directory.descriptor, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0 else {
            throw .system(path, "create it", SystemError.alreadyExists)
        }
        temporary = PrivateFile.temporaryName()
        file = try directory.open(temporary, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        guard fchmod(file.descriptor, 0o600) == 0 else { throw .system(path, "set its mode", errno) }
    }

    deinit {
        if !isPublished { _ = unsafe unlinkat(directory.descriptor, temporary, 0) }
    }

    func append(_ bytes: [UInt8]) throws(FileError) {
        try file.write(bytes)
        digest.update(bytes)
    }

    /// Of all that was written; call it once, last.
    func finishDigest() -> SHA256Digest { digest.finish() }

    /// Gives the file its name; returns when it is on the disk.
    func publish() throws(FileError) {
        try file.synchronize()
        try PrivateFile.publish(temporary, as: name, in: directory, replacing: false)
        isPublished = true
        try directory.synchronize()
    }
}
