package import AdminAPI
import AuthorizationServer
package import OAuth
import Primitives

/// The audit trail: super admins see all of it, admins what they did themselves.
extension Administration {
    /// Events, the latest first; none without an `admin_role`.
    ///
    /// - Parameter filter: An admin sees only those of their own, whatever it says of the actor.
    /// - Throws: ``AdminRefusal/missingScope(_:)``; any other error is a store failure.
    package func listAuditEvents(
        _ filter: AuditFilter,
        page: PageRequest,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> Page<AuditEntry> {
        try await read(.listAuditEvents, by: administrator, at: now) { reader, standing in
            guard let role = standing.role else { return .empty }
            var filter = filter
            if role != .superAdmin {
                let own = standing.id.description
                guard filter.actor.map({ bytesEqual($0, own) }) ?? true else { return .empty }
                filter.actor = own
            }
            return try Page(page, position: \.position) { try reader.auditEntries(filter, page: $0) }
        }
    }

    /// Compares the whole trail with itself; for super admins, and one at a time.
    ///
    /// - Parameter witness: An event that was seen elsewhere, and how its hash begins: a trail whose end was cut off
    ///   is in order by itself.
    /// - Throws: ``AdminRefusal/conflict(_:)`` while another check runs and for a witness that was forgotten,
    ///   ``AdminRefusal/notHeld(_:)``, ``AdminRefusal/missingScope(_:)``; any other error is a store failure.
    package func verifyAudit(
        witness: (number: Int64, hash: [UInt8])?,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> (chain: AuditChain, start: AuditHead) {
        try await requests.verifying {
            let (start, last) = try await read(.verifyAudit, by: administrator, at: now) { reader, standing in
                try standing.requireSuperAdmin("only super admins see the whole audit trail")
                return (try reader.auditStart(), try reader.auditHead())
            }
            if let witness, witness.number < start.number { throw Self.forgotten(upTo: start) }
            var chain = AuditChain(after: start, witness: witness)
            // A transaction for each slice: one for all would keep the WAL growing until the last event is read. What
            // was read cannot change behind it, for each event has the hash of the one before.
            while chain.fault == nil, chain.head.number < last.number {
                let head = chain.head
                let slice = try await store.read { reader in
                    let start = try reader.auditStart()
                    let after = max(head.number, start.number)
                    return (
                        start: start, entries: try reader.auditEntries(after: after, limit: AuditChain.slice)
                    )
                }
                chain.begin(after: slice.start)
                if chain.hasLostWitness { throw Self.forgotten(upTo: slice.start) }
                let entries = slice.entries.prefix { $0.number <= last.number }
                guard !entries.isEmpty else { break }
                chain.check(Array(entries))
            }
            chain.finish(at: chain.head.number > last.number ? chain.head : last)
            return (chain, start)
        }
    }

    private static func forgotten(upTo start: AuditHead) -> AdminRefusal {
        .conflict("events up to \(start.number) were forgotten: compare a later one")
    }
}

extension AuditEntry {
    package var message: AuditEventMessage {
        AuditEventMessage(
            number: number,
            id: id,
            time: time,
            actor: actor,
            action: action,
            target: target,
            ip: address,
            requestID: requestID,
            changes: (try? JSONValue(parsing: Array(changes.utf8), maximumDepth: 128)) ?? .string(changes),
            previousHash: previousHash.hexadecimal,
            hash: hash.hexadecimal
        )
    }
}

extension AuditChain {
    package func message(after start: AuditHead) -> AuditVerificationMessage {
        AuditVerificationMessage(
            checked: checked,
            first: start.number + 1,
            lastNumber: head.number,
            lastHash: head.hash.hexadecimal,
            fault: fault.map { (number: $0.number, detail: $0.detail) }
        )
    }
}
