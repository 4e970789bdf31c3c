package import AdminAPI
import Administration
import AuthorizationServer
import GRDB

/// The audit trail of a database file that nobody serves from, such as a backup.
package enum AuditInspection {
    /// Checks the whole trail; blocks for as long as that takes, and changes nothing.
    ///
    /// - Throws: ``SQLiteStoreError`` when it is no database with an audit trail.
    package static func verify(file path: String) throws(SQLiteStoreError) -> AuditVerificationMessage {
        guard SystemCall.resolved(path) != nil else {
            throw SQLiteStoreError(.unusable, "there is no file \(path)")
        }
        var configuration = Configuration()
        configuration.label = "tokenbooth-audit"
        configuration.readonly = true
        do {
            let database = try DatabaseQueue(path: path, configuration: configuration)
            defer { try? database.close() }
            return try database.read { db in
                try Schema.refuseNewer(db)
                let transaction = StoreTransaction(db)
                return try transaction.checkedAuditChain().message(after: transaction.auditStart())
            }
        } catch let error as SQLiteStoreError {
            throw error
        } catch {
            throw SQLiteStoreError(.unusable, "\(path): \(StoreFault.unavailable(error).reason)")
        }
    }
}
