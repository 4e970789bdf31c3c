import Administration
import AuthorizationServer
import HTTPFrontEnd
import OAuth
import Primitives
import SQLiteStore

/// The sample API key of `--dev`: made once, kept in a private file beside the root key.
extension Start {
    private static let scopeName = "sample:read"

    /// - Throws: ``FileError``; store failures.
    func sampleKey() async throws -> APIKey {
        let path = settings.keysDirectory + "/sample.key"
        if let key = try RootKeyFile.read(path), try await isUsable(key) { return key }
        let key = APIKey.generate()
        try RootKeyFile.write(key, to: path, replacing: true)
        try await insert(key)
        return key
    }

    private func isUsable(_ key: APIKey) async throws -> Bool {
        guard let record = try await store.client(withDigest: key.digest) else { return false }
        return !record.isDisabled && !record.isRevoked && record.secretExpiresAt == nil
            && record.audiences.contains { bytesEqual($0.name, issuer) }
    }

    private func insert(_ key: APIKey) async throws {
        let (now, issuer) = (clock.now, issuer)
        try await store.write { writer in
            guard let project = try writer.project(named: Administration.defaultProject) else {
                throw StartRefusal(description: "the project \(Administration.defaultProject) is missing")
            }
            if try writer.scope(named: Self.scopeName) == nil {
                try writer.insert(
                    ScopeRecord(name: Self.scopeName, description: "Read samples", isBuiltIn: false)
                )
            }
            let id = KeyID(IdentifierGenerator().next(at: now))
            let event = AuditEvent("create_sample_key", on: id.description, by: .operator, at: now)
            try writer.record(event)
            try writer.insert(
                KeyRecord(
                    id: id,
                    digest: key.digest,
                    hint: key.hint,
                    name: "sample",
                    description: "Made by serve --dev",
                    project: project.id,
                    owner: nil,
                    subject: id.description,
                    scopes: [Self.scopeName],
                    audiences: [issuer],
                    grantTypes: GrantType.allCases,
                    claims: JSONObject([]),
                    adminRole: nil,
                    allowedAddresses: nil,
                    accessTokenLifetime: nil,
                    expiresAt: nil,
                    isDisabled: false,
                    revokedAt: nil,
                    createdAt: now
                )
            )
        }
    }
}
