import Administration
import AuthorizationServer
import GRDB

// Scopes: nothing that is cached for a client depends on the catalogue.
extension StoreTransaction {
    package func scope(named name: String) throws -> ScopeRecord? {
        try first("SELECT name, description, isBuiltIn FROM scope WHERE name = ?", [name], scopeRecord(_:))
    }

    /// In ascending order of `name`.
    package func scopes(_ page: PageRequest) throws -> [ScopeRecord] {
        try all(
            "SELECT name, description, isBuiltIn FROM scope WHERE name > ? ORDER BY name LIMIT ?",
            [page.after ?? "", page.limit],
            scopeRecord(_:)
        )
    }

    package func isScopeInUse(_ name: String) throws -> Bool {
        try holds(
            """
            SELECT EXISTS (
                SELECT 1 FROM policyScope s CROSS JOIN apiKey k ON k.policy = s.policy AND k.revokedAt IS NULL
                WHERE s.scope = ?1
            ) OR EXISTS (
                SELECT 1 FROM policyScope s CROSS JOIN project j ON j.policy = s.policy WHERE s.scope = ?1
            ) OR EXISTS (SELECT 1 FROM roleScope WHERE scope = ?1)
            """,
            [name]
        )
    }

    package func insert(_ scope: ScopeRecord) throws {
        try execute(
            "INSERT INTO scope (name, description, isBuiltIn) VALUES (?, ?, ?)",
            [StoredText.checked(scope.name), StoredText.checked(scope.description), scope.isBuiltIn]
        )
    }

    package func update(_ scope: ScopeRecord) throws {
        try execute(
            "UPDATE scope SET description = ? WHERE name = ?",
            [StoredText.checked(scope.description), scope.name]
        )
        guard db.changesCount > 0 else { throw AdminRefusal.notFound("there is no such scope") }
    }

    package func deleteScope(named name: String) throws {
        try execute("DELETE FROM scope WHERE name = ?", [name])
        guard db.changesCount > 0 else { throw AdminRefusal.notFound("there is no such scope") }
    }

    private func scopeRecord(_ row: StoredRow) throws -> ScopeRecord {
        ScopeRecord(name: try row.text(0), description: try row.text(1), isBuiltIn: try row.bool(2))
    }
}

// Audiences: how the tokens look of any key that names one.
extension StoreTransaction {
    package func audience(named name: String) throws -> AudienceRecord? {
        try first("SELECT name, type, algorithm FROM audience WHERE name = ?", [name], audienceRecord(_:))
    }

    /// In ascending order of `name`.
    package func audiences(_ page: PageRequest) throws -> [AudienceRecord] {
        try all(
            "SELECT name, type, algorithm FROM audience WHERE name > ? ORDER BY name LIMIT ?",
            [page.after ?? "", page.limit],
            audienceRecord(_:)
        )
    }

    package func isAudienceInUse(_ name: String) throws -> Bool {
        try holds(
            """
            SELECT EXISTS (
                SELECT 1 FROM policyAudience a CROSS JOIN apiKey k ON k.policy = a.policy AND k.revokedAt IS NULL
                WHERE a.audience = ?1
            ) OR EXISTS (
                SELECT 1 FROM policyAudience a CROSS JOIN project j ON j.policy = a.policy WHERE a.audience = ?1
            )
            """,
            [name]
        )
    }

    package func insert(_ audience: AudienceRecord) throws {
        try execute(
            "INSERT INTO audience (name, type, algorithm) VALUES (?, ?, ?)",
            [StoredText.checked(audience.name), audience.type, audience.algorithm]
        )
        note(.everything)
    }

    package func update(_ audience: AudienceRecord) throws {
        guard let before = try self.audience(named: audience.name) else {
            throw AdminRefusal.notFound("there is no such audience")
        }
        guard before.type != audience.type || before.algorithm != audience.algorithm else { return }
        try execute(
            "UPDATE audience SET type = ?, algorithm = ? WHERE name = ?",
            [audience.type, audience.algorithm, audience.name]
        )
        note(.everything)
    }

    package func deleteAudience(named name: String) throws {
        try execute("DELETE FROM audience WHERE name = ?", [name])
        guard db.changesCount > 0 else { throw AdminRefusal.notFound("there is no such audience") }
        note(.everything)
    }

    private func audienceRecord(_ row: StoredRow) throws -> AudienceRecord {
        AudienceRecord(
            name: try row.text(0),
            type: try row.text(1),
            algorithm: try row.optional(2) { try row.text($0) }
        )
    }
}
