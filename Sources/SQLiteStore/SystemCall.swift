#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The few calls to the operating system that the data directory needs, without C pointers.
enum SystemCall {
    /// The words of the last failed call.
    static var lastError: String { unsafe String(cString: strerror(errno)) }

    /// What lies at `path` itself, even if that is a symbolic link; `nil` when there is nothing or no access.
    static func status(ofLink path: String) -> stat? {
        var status = stat()
        return unsafe lstat(path, &status) == 0 ? status : nil
    }

    /// Bytes of the file at `path`; `nil` when there is none.
    static func size(of path: String) -> Int64? { status(ofLink: path).map { Int64($0.st_size) } }

    static func isKind(_ status: stat, _ kind: mode_t) -> Bool { status.st_mode & S_IFMT == kind }

    /// The absolute path without symbolic links.
    static func resolved(_ path: String) -> String? {
        guard let resolved = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }

    static func changeMode(_ path: String, to mode: mode_t) -> Bool { unsafe chmod(path, mode) == 0 }

    /// - Returns: A descriptor that no child process inherits, for a file and not for a link to one.
    static func openPrivate(_ path: String) -> Int32? {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        return descriptor >= 0 ? descriptor : nil
    }

    /// Makes the names of the files in a directory durable.
    static func syncDirectory(_ path: String) -> Bool {
        let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return fsync(descriptor) == 0
    }

    /// - Returns: A descriptor of a file that was not there before.
    static func createPrivate(_ path: String) -> Int32? {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return nil }
        // The umask may have taken bits away.
        guard fchmod(descriptor, 0o600) == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    /// - Returns: A descriptor for a file and not for a link to one.
    static func openToRead(_ path: String) -> Int32? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        return descriptor >= 0 ? descriptor : nil
    }

    /// - Returns: Fewer than `length` bytes at the end of the file only; `nil` on an error.
    static func read(_ descriptor: Int32, from offset: Int64, length: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: length)
        var count = 0
        while count < length {
            let got = unsafe bytes.withUnsafeMutableBytes { buffer in
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
                return unsafe pread(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(count))
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { return nil }
            guard got > 0 else { break }
            count += got
        }
        bytes.removeLast(length - count)
        return bytes
    }
}
