import Administration
import AuthorizationServer
import GRDB

/// A stored row that cannot mean anything: somebody else has written to the database.
struct StoredRowFault: Error {
    let reason: String
}

/// A value that the database must not hold, such as a word with a space in it: a bug of the caller.
struct UnstorableValue: Error {
    let reason: String
}

/// COMMIT itself has failed: its frames may lie in the WAL all the same.
struct FailedCommit: Error {
    let cause: any Error
}

/// What an error of the store means to whoever asked.
///
/// The words of SQLite name tables and columns, and never contain a value; the SQL and its arguments do.
enum StoreFault {
    /// - Returns: ``AdminRefusal`` where a constraint refused, ``StoreUnavailable`` for everything of the
    ///   database, and whatever else a closure has thrown as it is.
    static func meaning(of error: any Error) -> any Error {
        switch error {
        case let error as DatabaseError: refusal(for: error) ?? unavailable(error)
        case is StoredRowFault, is UnstorableValue, is CancellationError: unavailable(error)
        default: error
        }
    }

    static func unavailable(_ error: any Error) -> StoreUnavailable {
        switch error {
        case let error as StoreUnavailable: error
        case let error as FailedCommit: unavailable(error.cause)
        case let error as DatabaseError:
            StoreUnavailable(
                reason: "SQLite error \(error.extendedResultCode.rawValue): \(error.message ?? "no words")"
            )
        case let error as StoredRowFault: StoreUnavailable(reason: "the database holds \(error.reason)")
        case let error as UnstorableValue:
            StoreUnavailable(reason: "the database cannot hold \(error.reason)")
        default: StoreUnavailable(reason: "unexpected \(type(of: error))")
        }
    }

    private static func refusal(for error: DatabaseError) -> AdminRefusal? {
        switch error.extendedResultCode {
        case .SQLITE_CONSTRAINT_UNIQUE, .SQLITE_CONSTRAINT_PRIMARYKEY:
            .conflict("one with this name or id exists already: choose another")
        case .SQLITE_CONSTRAINT_FOREIGNKEY:
            .conflict(
                "it is in use, or names something that is gone: look at it again and repeat the request"
            )
        case .SQLITE_CONSTRAINT_TRIGGER: .conflict(error.message ?? "it is built in")
        default: nil
        }
    }

    /// Whether an error inside a transaction ends all of it, not only the mutation that met it.
    static func endsBatch(_ error: any Error) -> Bool {
        guard let error = error as? DatabaseError else { return false }
        switch error.resultCode {
        case .SQLITE_CONSTRAINT, .SQLITE_ERROR, .SQLITE_MISMATCH, .SQLITE_TOOBIG, .SQLITE_RANGE: return false
        default: return true
        }
    }

    /// Whether the connection may be trusted with another commit.
    ///
    /// A full disk, no memory and a lock leave it as it was while mutations are applied. After anything else, and
    /// after any COMMIT that failed, on an fsync above all, the next success on it might be a lie.
    static func condemnsConnection(_ error: any Error) -> Bool {
        guard let error = error as? DatabaseError else { return true }
        switch error.resultCode {
        case .SQLITE_FULL, .SQLITE_NOMEM, .SQLITE_BUSY, .SQLITE_LOCKED: return false
        default: return true
        }
    }
}
