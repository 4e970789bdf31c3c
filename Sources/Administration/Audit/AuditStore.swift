package import AuthorizationServer
package import OAuth
import Primitives

/// Which events a list shows; `nil` members do not filter.
package struct AuditFilter: Sendable {
    /// Exact, byte for byte, as the others.
    package var actor: String?
    package var action: String?
    package var target: String?
    /// The first second that counts.
    package var from: NumericDate?
    /// The first second that counts no more.
    package var to: NumericDate?

    package init(
        actor: String? = nil,
        action: String? = nil,
        target: String? = nil,
        from: NumericDate? = nil,
        to: NumericDate? = nil
    ) {
        self.actor = actor
        self.action = action
        self.target = target
        self.from = from
        self.to = to
    }
}

/// The audit trail within a transaction.
package protocol AuditReader {
    /// The latest event; number 0 and zeros before there is one.
    func auditHead() throws -> AuditHead
    /// The last event that was forgotten, which the first that is kept refers to; number 0 and zeros before.
    func auditStart() throws -> AuditHead
    /// The latest first, at most `page.limit`; a page begins after the position ``AuditEntry/position``.
    func auditEntries(_ filter: AuditFilter, page: PageRequest) throws -> [AuditEntry]
    /// In the order of the trail.
    func auditEntries(after number: Int64, limit: Int) throws -> [AuditEntry]
}

package protocol AuditWriter: AuditReader {
    /// Adds an event to the end of the trail.
    func record(_ event: AuditEvent) throws

    /// Forgets events from before `time`, the oldest first and never the last one.
    ///
    /// - Returns: How many, at most `limit`; fewer when none is left.
    func forgetAuditEntries(before time: NumericDate, limit: Int) throws -> Int
}

extension AuditEntry {
    /// Where a page may begin: the time in seconds and the number, which sort as the list does.
    package var position: String { "\(time.seconds).\(number)" }

    /// - Returns: `nil` for what is no position.
    package static func parse(position: String) -> (time: Int64, number: Int64)? {
        let parts = position.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 2, let time = Int64(String(decoding: parts[0], as: UTF8.self)),
            let number = Int64(String(decoding: parts[1], as: UTF8.self)), number > 0
        else { return nil }
        // One spelling only.
        return bytesEqual("\(time).\(number)", position) ? (time, number) : nil
    }
}
