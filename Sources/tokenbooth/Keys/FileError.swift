/// Why a file was not read or written: its path, and a reason that says what to do, never its content.
struct FileError: Error, Sendable, CustomStringConvertible {
    enum Kind: Sendable, Equatable {
        case notFound
        case alreadyExists
        /// The file is there and must not be used.
        case refused
        /// The system refused, with this `errno`.
        case system(CInt)
    }

    let path: String
    let kind: Kind
    let reason: String

    var description: String { "\(TerminalText.sanitized(path)): \(reason)" }

    /// Whether the disk is full or has failed, which may pass.
    var isOfDisk: Bool {
        guard case .system(let number) = kind else { return false }
        return SystemError.isFull(number) || number == SystemError.inputOutput
    }

    static func refused(_ path: String, _ reason: String) -> FileError {
        FileError(path: path, kind: .refused, reason: reason)
    }

    /// - Parameters:
    ///   - action: What failed, for `cannot …`.
    ///   - number: `errno` right after the call.
    static func system(_ path: String, _ action: String, _ number: CInt) -> FileError {
        switch number {
        case SystemError.notFound: FileError(path: path, kind: .notFound, reason: "does not exist")
        case SystemError.alreadyExists: FileError(path: path, kind: .alreadyExists, reason: "exists already")
        case SystemError.tooManyLinks: refused(path, "is a symbolic link; put the file itself there")
        default:
            FileError(
                path: path,
                kind: .system(number),
                reason: "cannot \(action): \(SystemError.text(number))"
                    + (SystemError.isFull(number) ? "; make room on that disk" : "")
            )
        }
    }
}
