package import AdminAPI
import AuthorizationServer
package import OAuth
import Primitives

/// API keys: all of them with their digests, of and for super admins only.
extension Administration {
    /// Rows of one page at most.
    package static let exportLimit = 500

    /// One page of an export, in order of creation; the root keys are left out, since every installation has its own.
    ///
    /// - Throws: ``AdminRefusal/notHeld(_:)`` for whoever is no super admin; ``AdminRefusal/missingScope(_:)``; any
    ///   other error is a store failure.
    package func exportKeys(
        includesRevoked: Bool,
        page: PageRequest,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> Page<KeyExportItem> {
        try await read(.exportKeys, by: administrator, at: now) { reader, standing in
            try standing.mayTransfer()
            var names: [ProjectID: String] = [:]
            var rows = try Page(page, position: \.id.description) { page in
                try reader.keys(KeyFilter(includesRevoked: includesRevoked), page: page, at: now).map { key in
                    let name = try names[key.project] ?? reader.project(key.project)?.name
                    names[key.project] = name
                    return KeyExportItem(
                        id: key.id,
                        isRoot: key.owner == nil,
                        row: key.exported(name, at: now)
                    )
                }
            }
            rows.items.removeAll(where: \.isRoot)
            return rows
        }
    }
}

package struct KeyExportItem: Sendable {
    let id: KeyID
    let isRoot: Bool
    package let row: KeyExportRow
}

extension Standing {
    /// - Throws: ``AdminRefusal/notHeld(_:)`` for whoever is no super admin.
    func mayTransfer() throws {
        try requireSuperAdmin("exports and imports are for super admins, since they hold all keys' rows")
    }
}

extension KeyRecord {
    /// - Parameter projectName: Of its project.
    func exported(_ projectName: String?, at now: NumericDate) -> KeyExportRow {
        KeyExportRow(
            message(at: now),
            KeyTransfer(
                id: id,
                projectName: projectName,
                owner: owner,
                hint: hint,
                digest: digest,
                isDisabled: isDisabled,
                revokedAt: revokedAt,
                createdAt: createdAt,
                previous: overlap(at: now).map {
                    KeyTransfer.Previous(digest: $0.digest, hint: $0.hint, expiresAt: $0.expiresAt)
                },
                currentRevokedAt: secretRevokedAt
            )
        )
    }
}
