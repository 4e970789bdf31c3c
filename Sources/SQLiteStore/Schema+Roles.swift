extension Schema {
    /// Roles and groups, which keys have through their policies; referrers; and indexes that hold all that a list
    /// of keys is filtered by, so that those which are passed over are not looked up.
    static let rolesAndGroups = """
        CREATE TABLE role (
            number INTEGER PRIMARY KEY,
            id BLOB NOT NULL CHECK (length(id) = 16),
            name TEXT NOT NULL CHECK (name <> '' AND instr(name, ' ') = 0),
            description TEXT NOT NULL,
            scopes TEXT NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX roleByID ON role (id);
        CREATE UNIQUE INDEX roleByName ON role (name);

        CREATE TABLE roleScope (
            scope TEXT NOT NULL,
            role BLOB NOT NULL REFERENCES role (id) ON DELETE CASCADE,
            PRIMARY KEY (scope, role)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX roleScopeByRole ON roleScope (role);

        CREATE TABLE keyGroup (
            number INTEGER PRIMARY KEY,
            id BLOB NOT NULL CHECK (length(id) = 16),
            name TEXT NOT NULL CHECK (name <> '' AND instr(name, ' ') = 0),
            description TEXT NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX keyGroupByID ON keyGroup (id);
        CREATE UNIQUE INDEX keyGroupByName ON keyGroup (name);

        -- How many of each there are: most policies have none, and then nobody looks for them.
        ALTER TABLE policy ADD COLUMN roleCount INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE policy ADD COLUMN groupCount INTEGER NOT NULL DEFAULT 0;

        -- By identifier, which never comes back, and without a reference: the policy of a revoked key may outlive the
        -- role, and then says nothing of it.
        CREATE TABLE policyRole (
            policy INTEGER NOT NULL REFERENCES policy ON DELETE CASCADE,
            position INTEGER NOT NULL CHECK (position >= 0),
            role BLOB NOT NULL CHECK (length(role) = 16),
            PRIMARY KEY (policy, position)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX policyByRole ON policyRole (role, policy);

        CREATE TABLE policyGroup (
            policy INTEGER NOT NULL REFERENCES policy ON DELETE CASCADE,
            position INTEGER NOT NULL CHECK (position >= 0),
            keyGroup BLOB NOT NULL CHECK (length(keyGroup) = 16),
            PRIMARY KEY (policy, position)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX policyByGroup ON policyGroup (keyGroup, policy);

        -- NULL: nobody asks; empty: from no page.
        ALTER TABLE apiKey ADD COLUMN allowedReferrers TEXT;

        DROP INDEX liveKey;
        DROP INDEX revokedKey;
        DROP INDEX expiringKey;
        DROP INDEX keyByName;
        CREATE INDEX liveKey ON apiKey (id, policy, project, owner, isDisabled, expiresAt, revokedAt, name)
            WHERE revokedAt IS NULL;
        CREATE INDEX revokedKey ON apiKey (id, policy, project, owner, isDisabled, expiresAt, revokedAt, name)
            WHERE revokedAt IS NOT NULL;
        CREATE INDEX keyByName ON apiKey (name, id, policy, project, owner, isDisabled, expiresAt, revokedAt);
        CREATE INDEX expiringKey ON apiKey (expiresAt, id) WHERE expiresAt IS NOT NULL;
        """
}
