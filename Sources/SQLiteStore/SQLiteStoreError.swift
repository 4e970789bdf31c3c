import AuthorizationServer
import GRDB

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Why the database is not opened: start-up ends, and says this.
package struct SQLiteStoreError: Error, Sendable, CustomStringConvertible {
    package enum Kind: Sendable {
        /// Another process serves from the directory.
        case locked
        /// The directory or a file in it is not ours alone.
        case notPrivate
        /// A newer release has written it.
        case newerSchema
        /// Its file system cannot share memory between connections, which WAL needs.
        case unsuitableFileSystem
        /// The disk is full or has failed, which may pass: a later start may succeed.
        case disk
        /// The operating system or SQLite refuses.
        case unusable
    }

    package let kind: Kind
    /// For the person who starts the service: names the file, and what to do.
    package let description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    /// After a call of the system that failed.
    ///
    /// - Parameters:
    ///   - failure: What failed; names the file.
    ///   - number: `errno` right after the call.
    init(_ failure: String, _ number: CInt) {
        let words = unsafe "\(failure): \(String(cString: strerror(number)))"
        switch number {
        case ENOSPC, EDQUOT: self.init(.disk, "\(words): make room on that disk, then start again")
        case EIO:
            self.init(.disk, "\(words): that disk has failed; start again when it can be read and written")
        default: self.init(.unusable, words)
        }
    }

    /// After SQLite has failed to open the database.
    ///
    /// - Parameter directory: The data directory; `nil`: in memory.
    init(opening directory: String?, _ error: any Error) {
        let reason = StoreFault.unavailable(error).reason
        let place = directory.map { "the database in \($0)" } ?? "the database"
        switch (error as? DatabaseError)?.resultCode {
        case .SQLITE_FULL:
            self.init(
                .disk,
                "cannot open \(place): its disk is full (\(reason)): make room there, then start again"
            )
        case .SQLITE_IOERR:
            self.init(
                .disk,
                "cannot open \(place): its disk has failed (\(reason)): start again when it can be read and written"
            )
        default: self.init(.unusable, "cannot open \(place): \(reason)")
        }
    }
}
