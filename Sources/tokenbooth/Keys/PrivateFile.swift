#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A file that anyone may read, such as a configuration file.
enum PlainFile {
    /// - Parameter limit: Bytes.
    static func read(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
        let file = try FileHandle.open(path, flags: O_RDONLY)
        guard try file.status().st_mode & S_IFMT != S_IFDIR else { throw .refused(path, "is a directory") }
        return try file.read(limit: limit)
    }
}

/// Files that hold a secret: readable by their owner only, and never found through a symbolic link.
enum PrivateFile {
    /// Reads one within an open directory.
    ///
    /// - Throws: ``FileError`` unless it is a regular file of ours, closed to group and others, and not empty.
    static func read(_ name: String, in directory: FileHandle, limit: Int) throws(FileError) -> [UInt8] {
        let file = try directory.open(name)
        try check(try file.status(), file.path)
        let content = try file.read(limit: limit)
        guard !content.isEmpty else { throw .refused(file.path, "is empty; restore it from a backup") }
        return content
    }

    /// Reads one by its path; only the last component may be no symbolic link.
    static func read(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
        let (directory, name) = try split(path)
        return try read(name, in: try FileHandle.open(directory, flags: O_RDONLY | O_DIRECTORY), limit: limit)
    }

    /// Writes a file that is there whole or not at all, mode 0600: a temporary file, fsync, rename, fsync of the
    /// directory.
    ///
    /// - Parameter replacing: Whether a file of this name may be there and is replaced.
    /// - Throws: ``FileError`` of kind `alreadyExists` when it may not, and nothing was changed.
    static func write(
        _ content: [UInt8],
        as name: String,
        in directory: FileHandle,
        replacing: Bool
    ) throws(FileError) {
        let temporary = temporaryName()
        let path = directory.path + "/" + name
        do throws(FileError) {
            let file = try directory.open(temporary, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
            // The umask may have taken bits away, never the owner's by intent.
            guard fchmod(file.descriptor, 0o600) == 0 else {
                throw FileError.system(path, "set its mode", errno)
            }
            try file.write(content)
            try file.synchronize()
            try publish(temporary, as: name, in: directory, replacing: replacing)
        } catch {
            _ = unsafe unlinkat(directory.descriptor, temporary, 0)
            throw error
        }
        try directory.synchronize()
    }

    static func publish(
        _ temporary: String,
        as name: String,
        in directory: FileHandle,
        replacing: Bool
    ) throws(FileError) {
        let path = directory.path + "/" + name
        let descriptor = directory.descriptor
        if replacing {
            guard unsafe renameat(descriptor, temporary, descriptor, name) == 0 else {
                throw .system(path, "rename it", errno)
            }
            return
        }
        // Unlike a rename, a link never replaces what is there.
        guard unsafe linkat(descriptor, temporary, descriptor, name, 0) == 0 else {
            throw .system(path, "create it", errno)
        }
        _ = unsafe unlinkat(descriptor, temporary, 0)
    }

    /// The directory and the name of a path.
    static func split(_ path: String) throws(FileError) -> (directory: String, name: String) {
        let bytes = Array(path.utf8)
        let slash = bytes.lastIndex(of: UInt8(ascii: "/"))
        let name = String(decoding: slash.map { bytes[($0 + 1)...] } ?? bytes[...], as: UTF8.self)
        guard !name.isEmpty, name != ".", name != ".." else { throw .refused(path, "names no file") }
        guard let slash else { return (".", name) }
        return (slash == 0 ? "/" : String(decoding: bytes[..<slash], as: UTF8.self), name)
    }

    private static func check(_ status: stat, _ path: String) throws(FileError) {
        guard status.st_mode & S_IFMT == S_IFREG else { throw .refused(path, "is not a regular file") }
        guard status.st_uid == geteuid() else { throw .refused(path, "belongs to another user; chown it") }
        guard status.st_mode & 0o077 == 0 else {
            throw .refused(
                path,
                "can be read or written by others (mode \(octal(status.st_mode))); chmod 600 it"
            )
        }
    }

    static func octal(_ mode: mode_t) -> String {
        let digits = String(mode & 0o7777, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
    }
}
