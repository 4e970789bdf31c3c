#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// An open descriptor that closes itself: a file or a directory.
final class FileHandle: Sendable {
    let descriptor: CInt
    /// For messages.
    let path: String

    private init(descriptor: CInt, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    /// Opens a path, following symbolic links unless `flags` say otherwise.
    static func open(_ path: String, flags: CInt) throws(FileError) -> FileHandle {
        let descriptor = unsafe systemOpen(AT_FDCWD, path, flags | O_CLOEXEC, 0)
        guard descriptor >= 0 else { throw .system(path, "open it", errno) }
        return FileHandle(descriptor: descriptor, path: path)
    }

    /// Opens a name within this directory; never through a symbolic link, never waiting for a pipe's other end.
    func open(_ name: String, flags: CInt = O_RDONLY, mode: mode_t = 0) throws(FileError) -> FileHandle {
        let path = path + "/" + name
        let all = flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
        let file = unsafe systemOpen(descriptor, name, all, mode)
        guard file >= 0 else { throw .system(path, "open it", errno) }
        return FileHandle(descriptor: file, path: path)
    }

    func status() throws(FileError) -> stat {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw .system(path, "look at it", errno) }
        return status
    }

    /// Reads to the end.
    ///
    /// - Throws: ``FileError`` also when there are more than `limit` bytes.
    func read(limit: Int) throws(FileError) -> [UInt8] {
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = unsafe systemRead(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .system(path, "read it", errno) }
            guard count > 0 else { return content }
            content.append(contentsOf: chunk[..<count])
            guard content.count <= limit else { throw .refused(path, "is larger than \(limit) bytes") }
        }
    }

    /// What is there to read, at least one byte; nothing at the end.
    ///
    /// - Parameter limit: Bytes.
    func readPart(_ limit: Int) throws(FileError) -> [UInt8] {
        var chunk = [UInt8](repeating: 0, count: limit)
        while true {
            let count = unsafe systemRead(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .system(path, "read it", errno) }
            return Array(chunk[..<count])
        }
    }

    func write(_ bytes: [UInt8]) throws(FileError) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[written...])
                return unsafe systemWrite(descriptor, rest.baseAddress, rest.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .system(path, "write it", errno) }
            written += count
        }
    }

    /// Returns when the content, or the entries of a directory, are on the disk.
    func synchronize() throws(FileError) {
        guard fsync(descriptor) == 0 else { throw .system(path, "bring it to the disk", errno) }
    }
}

// Within the type the members would hide the system's functions.
private func systemOpen(_ directory: CInt, _ path: UnsafePointer<CChar>, _ flags: CInt, _ mode: mode_t)
    -> CInt
{
    unsafe openat(directory, path, flags, mode)
}

private func systemRead(_ descriptor: CInt, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
    unsafe read(descriptor, buffer, count)
}

private func systemWrite(_ descriptor: CInt, _ buffer: UnsafeRawPointer?, _ count: Int) -> Int {
    unsafe write(descriptor, buffer, count)
}
