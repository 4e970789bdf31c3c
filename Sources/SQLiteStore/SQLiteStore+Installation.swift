import Administration
package import AuthorizationServer
import Foundation
import GRDB
package import OAuth
import Primitives

extension SQLiteStore: InstallationStore {
    package func installation() async throws(StoreUnavailable) -> Installation? {
        try await answer(isSnapshot: true) { transaction in try transaction.installation() }
    }

    package func install(
        _ installation: Installation,
        project: InitialProject,
        rootKey: InitialKey
    ) async throws(StoreUnavailable) {
        try await change { transaction in
            try transaction.insert(installation)
            try transaction.insert(project.record(at: installation.createdAt))
            let key = rootKey.record(in: project.id)
            try transaction.insert(key)
            transaction.note(.everything)
            try transaction.record(
                AuditEvent("install", on: key.auditTarget, by: .operator, at: installation.createdAt)
            )
        }
    }

    package func replaceRootKey(with key: InitialKey) async throws(StoreUnavailable) {
        try await change { transaction in
            let project = try transaction.revokeRootKeys(at: key.createdAt)
            let record = key.record(in: project)
            try transaction.insert(record)
            try transaction.record(
                AuditEvent("replace_root_key", on: record.auditTarget, by: .operator, at: key.createdAt)
            )
        }
    }

    package func proveWritable(at now: NumericDate) async throws(StoreUnavailable) {
        try await change { transaction in
            try transaction.execute(
                """
                INSERT INTO probe (id, writtenAt, count) VALUES (1, ?, 1)
                ON CONFLICT (id) DO UPDATE SET writtenAt = excluded.writtenAt, count = count + 1
                """,
                [now.seconds]
            )
            let stored = try transaction.first("SELECT writtenAt FROM probe WHERE id = 1") { try $0.date(0) }
            guard stored == now else { throw StoredRowFault(reason: "another probe than was written") }
        }
    }
}

extension StoreTransaction {
    func installation() throws -> Installation? {
        let found = try first("SELECT refreshSecretID, createdAt FROM installation WHERE id = 1") { row in
            (secret: try row.bytes(0), createdAt: try row.date(1))
        }
        guard let found else { return nil }
        return Installation(
            refreshSecretID: found.secret,
            createdAt: found.createdAt,
            signingKeys: try allSigningKeys(),
            keySetCopies: try keySetCopies()
        )
    }

    fileprivate func insert(_ installation: Installation) throws {
        try execute(
            "INSERT INTO installation (id, refreshSecretID, createdAt) VALUES (1, ?, ?)",
            [Data(installation.refreshSecretID), installation.createdAt.seconds]
        )
        for key in installation.signingKeys { try insert(key) }
        if let copies = installation.keySetCopies { try set(copies) }
    }

    /// - Returns: The project of the root keys.
    fileprivate func revokeRootKeys(at now: NumericDate) throws -> ProjectID {
        let keys = try all(
            "SELECT \(Self.keyColumns) FROM apiKey k \(Self.keyJoins) WHERE k.owner IS NULL ORDER BY k.id",
            [],
            keyRecord(_:)
        )
        for var key in keys where key.revokedAt == nil {
            key.revokedAt = now
            try update(key, at: now)
        }
        guard let project = keys.first?.project else { throw StoredRowFault(reason: "no root key") }
        return project
    }
}

extension InitialProject {
    fileprivate func record(at now: NumericDate) -> ProjectRecord {
        ProjectRecord(
            id: id,
            name: name,
            defaultAudiences: [defaultAudience],
            defaultScopes: [],
            accessTokenLifetime: nil,
            allowedAddresses: nil,
            createdAt: now
        )
    }
}

extension InitialKey {
    /// The only keys without an owner.
    fileprivate func record(in project: ProjectID) -> KeyRecord {
        KeyRecord(
            id: id,
            digest: key.digest,
            hint: key.hint,
            name: name,
            description: "",
            project: project,
            owner: nil,
            subject: id.description,
            scopes: scopes,
            audiences: [AudienceRecord.administration],
            grantTypes: [.clientCredentials, .tokenExchange],
            claims: JSONObject(),
            adminRole: .superAdmin,
            allowedAddresses: allowedAddresses,
            accessTokenLifetime: nil,
            expiresAt: nil,
            isDisabled: false,
            revokedAt: nil,
            createdAt: createdAt
        )
    }
}
