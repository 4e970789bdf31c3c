package import Administration
import AuthorizationServer
package import OAuth
package import Primitives

/// Records as administrators make them: valid, and each different by its number.
package enum StoreSample {
    package static let now = NumericDate(1_700_000_000)
    package static let project = ProjectID(ULID(high: 1, low: 0))

    package static func keyID(_ number: Int) -> KeyID { KeyID(ULID(high: 2, low: UInt64(number))) }

    package static func digest(_ number: Int) -> SHA256Digest { SHA256.hash(Array("key \(number)".utf8)) }

    package static func project(
        _ id: ProjectID = project,
        name: String = "default",
        audiences: [String] = ["https://default.example"]
    ) -> ProjectRecord {
        ProjectRecord(
            id: id,
            name: name,
            defaultAudiences: audiences,
            defaultScopes: ["reports:read"],
            accessTokenLifetime: 120,
            allowedAddresses: nil,
            createdAt: now
        )
    }

    package static func key(_ number: Int, owner: KeyID? = nil, in project: ProjectID = project) -> KeyRecord
    {
        KeyRecord(
            id: keyID(number),
            digest: digest(number),
            hint: "tbk_0123…789\(number)",
            name: "reports",
            description: "what it is for",
            project: project,
            owner: owner,
            subject: "subject-\(number)",
            scopes: ["reports:write", "reports:read"],
            audiences: ["https://b.example", "https://a.example"],
            grantTypes: [.tokenExchange, .clientCredentials],
            claims: JSONObject([("team", .string("a \"b\" é")), ("level", .number(JSONNumber(7)))]),
            adminRole: nil,
            allowedAddresses: ["192.0.2.0/24", "2001:db8::/32"],
            accessTokenLifetime: nil,
            expiresAt: nil,
            isDisabled: false,
            revokedAt: nil,
            createdAt: now
        )
    }
}

extension AdminStore {
    /// Inserts the sample project and `keys`.
    package func fill(_ keys: [KeyRecord] = [StoreSample.key(1)]) async throws {
        try await change { store in
            try store.insert(StoreSample.project())
            for key in keys { try store.insert(key) }
        }
    }
}

/// Two records with the same members; lists and claims in the same order.
func same(_ left: some Any, _ right: some Any) -> Bool {
    bytesEqual(String(describing: left), String(describing: right))
}

// One read or one write at a time, for rules that need no more.
extension AdminStore {
    func key(_ id: KeyID) async throws -> KeyRecord? { try await read { try $0.key(id) } }

    func project(_ id: ProjectID) async throws -> ProjectRecord? { try await read { try $0.project(id) } }

    func project(named name: String) async throws -> ProjectRecord? {
        try await read { try $0.project(named: name) }
    }

    func scope(named name: String) async throws -> ScopeRecord? {
        try await read { try $0.scope(named: name) }
    }

    func audience(named name: String) async throws -> AudienceRecord? {
        try await read { try $0.audience(named: name) }
    }

    func isScopeInUse(_ name: String) async throws -> Bool { try await read { try $0.isScopeInUse(name) } }

    func countKeys(inProject id: ProjectID) async throws -> Int {
        try await read { try $0.countKeys(inProject: id) }
    }

    func countSuperAdmins(at now: NumericDate) async throws -> Int {
        try await read { try $0.countSuperAdmins(at: now) }
    }

    func change(_ body: @escaping @Sendable (any AdminWriter) throws -> Void) async throws {
        try await write(body)
    }

    /// What a write ends with, when it does not succeed.
    func failure(_ body: @escaping @Sendable (any AdminWriter) throws -> Void) async -> (any Error)? {
        do {
            try await write(body)
            return nil
        } catch {
            return error
        }
    }
}
