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
}
