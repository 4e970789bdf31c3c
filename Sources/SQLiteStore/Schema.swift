import GRDB

/// The tables, and how they came to be.
///
/// A released migration is never edited: what follows gets a new one.
enum Schema {
    /// - Parameter release: The last migration of an older release; `nil` for all of them.
    static func migrate(_ database: any DatabaseWriter, upTo release: String? = nil) throws {
        try database.read { db in try refuseNewer(db) }
        guard let release else { return try migrator.migrate(database) }
        try migrator.migrate(database, upTo: release)
    }

    /// - Throws: ``SQLiteStoreError`` for a database that this release does not know.
    static func refuseNewer(_ db: Database) throws {
        guard try !migrator.hasBeenSuperseded(db) else {
            throw SQLiteStoreError(
                .newerSchema,
                "the database was written by a newer release of tokenbooth: start that one, or restore a backup"
            )
        }
    }

    /// Whether every table is as this release has it.
    static func isCurrent(_ db: Database) throws -> Bool { try migrator.hasCompletedMigrations(db) }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("0001 keys and projects") { db in
            try db.execute(sql: installation)
            try db.execute(sql: catalogue)
            try db.execute(sql: policies)
            try db.execute(sql: projectsAndKeys)
            for (name, description) in builtInScopes {
                try db.execute(
                    sql: "INSERT INTO scope (name, description, isBuiltIn) VALUES (?, ?, 1)",
                    arguments: [name, description]
                )
            }
        }
        migrator.registerMigration("0002 status lists") { db in try db.execute(sql: statusLists) }
        migrator.registerMigration("0003 refresh families") { db in try db.execute(sql: refreshFamilies) }
        migrator.registerMigration("0004 denied tokens") { db in try db.execute(sql: deniedTokens) }
        migrator.registerMigration("0005 exchange of others' tokens") { db in
            try db.execute(sql: "ALTER TABLE apiKey ADD COLUMN mayExchange TEXT NOT NULL DEFAULT ''")
        }
        migrator.registerMigration("0006 signing key times") { db in try db.execute(sql: signingKeyTimes) }
        migrator.registerMigration("0007 continuity") { db in try db.execute(sql: continuity) }
        migrator.registerMigration("0008 roles and groups") { db in try db.execute(sql: rolesAndGroups) }
        migrator.registerMigration("0009 rotation") { db in try db.execute(sql: rotation) }
        migrator.registerMigration("0010 limits and usage") { db in try db.execute(sql: limitsAndUsage) }
        migrator.registerMigration("0011 audit") { db in try db.execute(sql: audit) }
        migrator.registerMigration("0012 idempotency") { db in try db.execute(sql: idempotency) }
        migrator.registerMigration("0013 indexes of lists") { db in try db.execute(sql: indexesOfLists) }
        migrator.registerMigration("0014 usage by owner") { db in try db.execute(sql: usageByOwner) }
        return migrator
    }

    // Times are Unix seconds. Identifiers are the 16 bytes of their ULID, so they sort by creation. Lists of
    // words (scopes, grant types, address ranges) are separated by one space; audiences may be any text.

    private static let installation = """
        CREATE TABLE installation (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            refreshSecretID BLOB NOT NULL CHECK (length(refreshSecretID) = 8),
            createdAt INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE signingKey (
            kid TEXT NOT NULL PRIMARY KEY,
            algorithm TEXT NOT NULL,
            stage TEXT NOT NULL CHECK (stage IN ('pending', 'active', 'retired')),
            createdAt INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        -- One row that is written to prove that writing works.
        CREATE TABLE probe (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            writtenAt INTEGER NOT NULL,
            count INTEGER NOT NULL
        ) STRICT;
        """

    private static let catalogue = """
        CREATE TABLE scope (
            name TEXT NOT NULL PRIMARY KEY CHECK (name <> '' AND instr(name, ' ') = 0),
            description TEXT NOT NULL,
            isBuiltIn INTEGER NOT NULL CHECK (isBuiltIn IN (0, 1))
        ) STRICT, WITHOUT ROWID;

        CREATE TRIGGER builtInScopeStays BEFORE DELETE ON scope WHEN OLD.isBuiltIn = 1
        BEGIN SELECT RAISE(ABORT, 'a built-in scope cannot be deleted'); END;

        CREATE TRIGGER builtInScopeIsFixed BEFORE UPDATE ON scope WHEN OLD.isBuiltIn = 1
        BEGIN SELECT RAISE(ABORT, 'a built-in scope cannot be changed'); END;

        -- How the tokens of an audience look. One that is not listed has the defaults.
        CREATE TABLE audience (
            name TEXT NOT NULL PRIMARY KEY,
            type TEXT NOT NULL CHECK (type IN ('at+jwt', 'JWT')),
            algorithm TEXT
        ) STRICT, WITHOUT ROWID;
        """

    private static let policies = """
        -- What many keys have in common, kept once: a row never changes, another list is another row.
        CREATE TABLE policy (
            number INTEGER PRIMARY KEY,
            fingerprint BLOB NOT NULL UNIQUE CHECK (length(fingerprint) = 32),
            scopes TEXT NOT NULL,
            grantTypes TEXT NOT NULL
        ) STRICT;

        CREATE TABLE policyScope (
            policy INTEGER NOT NULL REFERENCES policy ON DELETE CASCADE,
            scope TEXT NOT NULL,
            PRIMARY KEY (policy, scope)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX policyByScope ON policyScope (scope, policy);

        CREATE TABLE policyAudience (
            policy INTEGER NOT NULL REFERENCES policy ON DELETE CASCADE,
            position INTEGER NOT NULL CHECK (position >= 0),
            audience TEXT NOT NULL,
            PRIMARY KEY (policy, position)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX policyByAudience ON policyAudience (audience, policy);
        """

    private static let projectsAndKeys = """
        -- Its policy: what a new key gets when none are given.
        CREATE TABLE project (
            number INTEGER PRIMARY KEY,
            id BLOB NOT NULL CHECK (length(id) = 16),
            name TEXT NOT NULL,
            policy INTEGER NOT NULL REFERENCES policy,
            accessTokenLifetime INTEGER CHECK (accessTokenLifetime > 0),
            allowedAddresses TEXT,
            createdAt INTEGER NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX projectByID ON project (id);
        CREATE UNIQUE INDEX projectByName ON project (name);
        CREATE INDEX projectByPolicy ON project (policy);

        CREATE TABLE apiKey (
            number INTEGER PRIMARY KEY,
            id BLOB NOT NULL CHECK (length(id) = 16),
            digest BLOB NOT NULL CHECK (length(digest) = 32),
            hint TEXT NOT NULL,
            name TEXT NOT NULL,
            description TEXT NOT NULL,
            project INTEGER NOT NULL REFERENCES project,
            -- NULL: the root key.
            owner INTEGER REFERENCES apiKey,
            subject TEXT NOT NULL CHECK (subject <> ''),
            policy INTEGER NOT NULL REFERENCES policy,
            claims TEXT NOT NULL CHECK (substr(claims, 1, 1) = '{' AND substr(claims, -1) = '}'),
            adminRole TEXT CHECK (adminRole IN ('super_admin', 'admin')),
            -- NULL: from anywhere; empty: from nowhere.
            allowedAddresses TEXT,
            accessTokenLifetime INTEGER CHECK (accessTokenLifetime > 0),
            expiresAt INTEGER,
            isDisabled INTEGER NOT NULL CHECK (isDisabled IN (0, 1)),
            revokedAt INTEGER,
            createdAt INTEGER NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX keyByID ON apiKey (id);
        CREATE UNIQUE INDEX keyByDigest ON apiKey (digest);
        CREATE INDEX keyByOwner ON apiKey (owner, id);
        CREATE INDEX keyByProject ON apiKey (project, id);
        CREATE INDEX keyByName ON apiKey (name, id);
        CREATE INDEX keyByPolicy ON apiKey (policy, revokedAt);
        CREATE INDEX liveKey ON apiKey (id) WHERE revokedAt IS NULL;
        CREATE INDEX revokedKey ON apiKey (id) WHERE revokedAt IS NOT NULL;
        CREATE INDEX disabledKey ON apiKey (id) WHERE isDisabled = 1;
        CREATE INDEX expiringKey ON apiKey (id, expiresAt) WHERE expiresAt IS NOT NULL;
        CREATE INDEX adminKey ON apiKey (adminRole, id) WHERE adminRole IS NOT NULL;
        """
}
