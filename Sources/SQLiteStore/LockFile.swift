#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The lock that keeps a second process off the database for as long as this value lives.
///
/// Two processes that checkpoint one WAL can corrupt it (SQLite before 3.51.3), so SQLite's own locks do
/// not suffice. The kernel frees the lock however the process ends; the file stays.
struct LockFile: ~Copyable, Sendable {
    private let descriptor: Int32

    init(acquiring path: String) throws(SQLiteStoreError) {
        guard let descriptor = SystemCall.openPrivate(path) else {
            throw SQLiteStoreError("cannot open the lock file \(path)", errno)
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let isHeld = errno == EWOULDBLOCK
            let number = errno
            defer { _ = close(descriptor) }
            guard isHeld else { throw SQLiteStoreError("cannot lock \(path)", number) }
            let holder = Self.holder(in: descriptor).map { "process \($0)" } ?? "another process"
            throw SQLiteStoreError(.locked, "\(holder) serves from this data directory: it holds \(path)")
        }
        _ = fchmod(descriptor, 0o600)
        _ = ftruncate(descriptor, 0)
        let text = Array("\(getpid())\n".utf8)
        _ = unsafe text.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    private static func holder(in descriptor: Int32) -> Int? {
        var buffer = [UInt8](repeating: 0, count: 16)
        let count = unsafe buffer.withUnsafeMutableBytes {
            unsafe pread(descriptor, $0.baseAddress, $0.count, 0)
        }
        guard count > 0 else { return nil }
        let digits = buffer[..<count].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return Int(String(decoding: digits, as: UTF8.self))
    }
}
