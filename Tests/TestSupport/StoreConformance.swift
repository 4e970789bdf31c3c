package import Administration
package import AuthorizationServer
import Synchronization
import Testing

/// What every store must do, whatever it is made of: one sentence per rule.
///
/// A test target gives each rule an empty store of its own, and the log to which that store reports.
package enum StoreConformance {
    package typealias Store = ClientStore & AdminStore & InstallationStore & FamilyStore & StatusStore
        & UsageStore

    // A closure within #expect inside a rule is a trap: Swift 6.3 gives it the symbol of a later closure of the
    // same type, and one of the two is lost without a word. So they stand outside.
    package struct Rule: Sendable, CustomTestStringConvertible {
        package let testDescription: String
        package let check: @Sendable (any Store, ChangeLog) async throws -> Void

        init(_ sentence: String, _ check: @escaping @Sendable (any Store, ChangeLog) async throws -> Void) {
            testDescription = sentence
            self.check = check
        }
    }

    package static let rules =
        clientRules + keyRules + listRules + filterRules + roleRules + projectRules + catalogueRules
        + installationRules + familyRules + familyLifeRules + statusRules + secretRules + usageRules
        + auditRules + idempotencyRules + sharingRules
}

/// What a store has announced as stale, in order.
package final class ChangeLog: Sendable {
    private let log = Mutex<[String]>([])
    private let statuses = Mutex<[StatusReference: StatusValue]>([:])

    package init() {}

    package func note(_ changes: [CommittedChange]) {
        log.withLock { log in
            for change in changes {
                switch change {
                case .key(let digest): log.append(String(describing: digest))
                case .everything: log.append("everything")
                case .denied: log.append("denied")
                case .status(let reference, let value): statuses.withLock { $0[reference] = value }
                }
            }
        }
    }

    /// What was last said of it; a status comes with almost every change, so ``take()`` leaves them out.
    package func status(_ reference: StatusReference) -> StatusValue? { statuses.withLock { $0[reference] } }

    /// Everything since the last call.
    func take() -> [String] {
        log.withLock { log in
            defer { log = [] }
            return log
        }
    }
}

extension CommittedChange {
    /// As the log has it.
    func noted() -> String {
        switch self {
        case .key(let digest): String(describing: digest)
        case .everything: "everything"
        case .denied: "denied"
        case .status: "status"
        }
    }

    static func noted(_ changes: [CommittedChange]) -> [String] { changes.map { $0.noted() } }
}
