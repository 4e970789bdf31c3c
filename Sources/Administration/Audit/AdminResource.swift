import AdminAPI
import AuthorizationServer
package import OAuth
package import Primitives

/// What a rule of administration comes to: the answer that a repetition of the request gets, too.
package protocol AdminOutcome: Sendable {
    /// The body of the answer, without any secret.
    func answer(at now: NumericDate) -> JSONValue
}

/// Something that administrators make, change and take away, known to the audit trail by its name.
package protocol AdminResource: AdminOutcome {
    var auditTarget: String { get }
}

extension KeyRecord: AdminResource {
    package var auditTarget: String { id.description }
    package func answer(at now: NumericDate) -> JSONValue { message(at: now).json }
}

extension ProjectRecord: AdminResource {
    package var auditTarget: String { id.description }
    package func answer(at now: NumericDate) -> JSONValue { message.json }
}

extension ScopeRecord: AdminResource {
    package var auditTarget: String { "scope:" + name }
    package func answer(at now: NumericDate) -> JSONValue { message.json }
}

extension AudienceRecord: AdminResource {
    package var auditTarget: String { "audience:" + name }
    package func answer(at now: NumericDate) -> JSONValue { message.json }
}

extension RoleRecord: AdminResource {
    package var auditTarget: String { id.description }
    package func answer(at now: NumericDate) -> JSONValue { message.json }
}

extension GroupRecord: AdminResource {
    package var auditTarget: String { id.description }
    package func answer(at now: NumericDate) -> JSONValue { message.json }
}

extension BackupRecord: AdminResource {
    package var auditTarget: String { id.description }
    package func answer(at now: NumericDate) -> JSONValue { message.json }
}

extension KeyImportReport: AdminOutcome {
    package func answer(at now: NumericDate) -> JSONValue { json }
}

extension SigningKeyRecord {
    /// As the audit trail names it.
    package var auditTarget: String { "signing-key:" + kid }
}
