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
    ///   - role: Likewise.
    ///   - group: Likewise.
    /// - Throws: ``AdminRefusal/missingScope(_:)``; any other error is a store failure.
    package func listKeys(
        _ filter: KeyFilter,
        project: String? = nil,
        role: String? = nil,
        group: String? = nil,
        order: KeyOrder = .byCreation,
        page: PageRequest,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> Page<KeyRecord> {
        try await read(.listKeys, by: administrator, at: now) { reader, standing in
            guard let own = standing.role, !filter.hasNUL else { return .empty }
            var filter = filter
            filter.visibleTo = own == .superAdmin ? nil : standing.id
            if let role {
                guard let record = try reader.role(given: role) else { return .empty }
                filter.role = record.id
            }
            if let group {
                guard let record = try reader.group(given: group) else { return .empty }
                filter.group = record.id
            }
            if let project {
                guard let record = try reader.project(given: project) else { return .empty }
                filter.project = record.id
            }
            return try Page(page, position: order.position(of:)) {
                try reader.keys(filter, by: order, page: $0, at: now)
            }
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
            let key = try creation.record(
                id: id,
                digest: digest,
                hint: hint,
                project: project,
                owner: standing.id,
                in: writer,
                at: now
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

extension KeyCreation {
    /// The key that it asks for, with the defaults of its project.
    ///
    /// - Throws: ``AdminRefusal/invalidInput(_:)`` for a word that is no role.
    func record(
        id: KeyID,
        digest: SHA256Digest,
        hint: String,
        project: ProjectRecord,
        owner: KeyID,
        in reader: any AdminReader,
        at now: NumericDate
    ) throws -> KeyRecord {
        var key = KeyRecord(
            id: id,
            digest: digest,
            hint: hint,
            name: name,
            description: description ?? "",
            project: project.id,
            owner: owner,
            subject: subject ?? id.description,
            scopes: scopes ?? project.defaultScopes,
            audiences: audiences ?? [],
            grantTypes: grantTypes ?? KeyRecord.standardGrantTypes,
            claims: claims ?? JSONObject(),
            adminRole: try AdminRole.given(adminRole),
            mayExchange: mayExchange ?? [],
            allowedAddresses: allowedIPs,
            accessTokenLifetime: accessTokenTTL,
            expiresAt: expiresAt,
            isDisabled: false,
            revokedAt: nil,
            createdAt: now
        )
        key.roles = try reader.roles(given: roles ?? [])
        key.groups = try reader.groups(given: groups ?? [])
        key.allowedReferrers = allowedReferrers
        key.rateLimit = rateLimit
        key.quota = quota
        return key
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
                FieldMistake("/admin_role", "must be super_admin or admin")
            ])
        }
        return role
    }
}

/// Whether the text has a NUL: no name has one, and in C, where the store is written, it would end the name early.
func hasNUL(_ text: String) -> Bool { text.utf8.contains(0) }

extension KeyFilter {
    fileprivate var hasNUL: Bool {
        [name, namePrefix, scope, audience].contains { $0?.utf8.contains(0) == true }
    }
}

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
            throw AdminRefusal.invalidInput([FieldMistake("/project", "there is no such project")])
        }
        return project
    }
}
