package import AdminAPI
import AuthorizationServer
package import OAuth
import Primitives

/// API keys: listed, shown and created.
extension Administration {
    /// The keys that the administrator sees; none without an `admin_role`.
    ///
    /// - Parameters:
    ///   - filter: `visibleTo` is decided here, whatever it says.
    ///   - project: An identifier or a name; one that does not exist has no keys.
    /// - Throws: ``AdminRefusal/missingScope(_:)``; any other error is a store failure.
    package func listKeys(
        _ filter: KeyFilter,
        project: String?,
        page: PageRequest,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> Page<KeyRecord> {
        try await read(.listKeys, by: administrator, at: now) { reader, standing in
            guard let role = standing.role, !hasNUL(filter.name ?? "") else { return .empty }
            var filter = filter
            filter.visibleTo = role == .superAdmin ? nil : standing.id
            if let project {
                guard let record = try reader.project(given: project) else { return .empty }
                filter.project = record.id
            }
            return try Page(page, position: \.id.description) { try reader.keys(filter, page: $0, at: now) }
        }
    }

    /// - Throws: ``AdminRefusal/notFound(_:)`` also for a key that the administrator does not see;
    ///   ``AdminRefusal/missingScope(_:)``; any other error is a store failure.
    package func getKey(
        _ id: KeyID,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> KeyRecord {
        try await read(.getKey, by: administrator, at: now) { reader, standing in
            guard let key = try reader.key(id), standing.sees(key) else { throw KeyRecord.notFound }
            return key
        }
    }

    /// A new key, and its secret: this once.
    ///
    /// - Throws: ``AdminRefusal/invalidInput(_:)``, ``AdminRefusal/notHeld(_:)`` for what the administrator does
    ///   not hold, ``AdminRefusal/missingScope(_:)``; any other error is a store failure.
    package func createKey(
        _ creation: KeyCreation,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> (key: KeyRecord, secret: APIKey) {
        let secret = APIKey.generate()
        let id = KeyID(identifiers.next(at: now))
        let (digest, hint, limits) = (secret.digest, secret.hint, limits)
        let key = try await write(.createKey, by: administrator, at: now) { writer, standing in
            try standing.mayCreate()
            let project = try writer.requireProject(given: creation.project ?? Self.defaultProject)
            let key = KeyRecord(
                id: id,
                digest: digest,
                hint: hint,
                name: creation.name,
                description: creation.description ?? "",
                project: project.id,
                owner: standing.id,
                subject: creation.subject ?? id.description,
                scopes: creation.scopes ?? project.defaultScopes,
                audiences: creation.audiences ?? [],
                grantTypes: creation.grantTypes ?? KeyRecord.standardGrantTypes,
                claims: creation.claims ?? JSONObject(),
                adminRole: try AdminRole.given(creation.adminRole),
                mayExchange: creation.mayExchange ?? [],
                allowedAddresses: creation.allowedIPs,
                accessTokenLifetime: creation.accessTokenTTL,
                expiresAt: creation.expiresAt,
                isDisabled: false,
                revokedAt: nil,
                createdAt: now
            )
            let draft = KeyDraft(key: key, old: nil, project: project)
            try draft.check(limits: limits, in: writer, at: now)
            try draft.checkGrants(of: standing, in: writer)
            try writer.insert(key)
            standing.note(nil, becomes: key)
            return key
        }
        return (key, secret)
    }
}

extension KeyRecord {
    static let standardGrantTypes: [GrantType] = [.clientCredentials, .tokenExchange]

    static var notFound: AdminRefusal { .notFound("there is no such key") }
}

extension AdminRole {
    /// - Throws: ``AdminRefusal/invalidInput(_:)`` for a word that is no role.
    static func given(_ text: String?) throws -> AdminRole? {
        guard let text else { return nil }
        guard let role = allCases.first(where: { bytesEqual($0.rawValue, text) }) else {
            throw AdminRefusal.invalidInput([
                AdminRefusal.Mistake("/admin_role", "must be super_admin or admin")
            ])
        }
        return role
    }
}

/// Whether the text has a NUL: no name has one, and in C, where the store is written, it would end the name early.
private func hasNUL(_ text: String) -> Bool { text.utf8.contains(0) }

extension AdminReader {
    /// The project with that identifier or name.
    func project(given text: String) throws -> ProjectRecord? {
        guard !hasNUL(text) else { return nil }
        guard let id = ProjectID(parsing: text) else { return try project(named: text) }
        return try project(id)
    }

    /// - Throws: ``AdminRefusal/invalidInput(_:)`` when there is none; any other error is a store failure.
    func requireProject(given text: String) throws -> ProjectRecord {
        guard let project = try project(given: text) else {
            throw AdminRefusal.invalidInput([AdminRefusal.Mistake("/project", "there is no such project")])
        }
        return project
    }
}
