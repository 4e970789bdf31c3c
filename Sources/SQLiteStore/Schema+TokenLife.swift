/// The tables of a token's whole life, one migration for each concern.
extension Schema {
    /// Status lists (draft-ietf-oauth-status-list): the index belongs to the grant, an API key or a family.
    static let statusLists = """
        CREATE TABLE statusList (
            -- Random, and part of its URI: none ever comes back, not even after a restore.
            id INTEGER PRIMARY KEY CHECK (id > 0),
            createdAt INTEGER NOT NULL,
            -- Entries that are taken.
            taken INTEGER NOT NULL CHECK (taken >= 0),
            -- After a restore: every entry is INVALID, and no more are given out.
            withdrawnAt INTEGER
        ) STRICT;

        CREATE INDEX statusListByRoom ON statusList (taken) WHERE withdrawnAt IS NULL;

        -- The entries that are taken: by a key, by a family, or still by one that is gone.
        CREATE TABLE statusEntry (
            list INTEGER NOT NULL REFERENCES statusList,
            position INTEGER NOT NULL CHECK (position BETWEEN 0 AND 131071),
            -- When the grant ended that has let go of it: INVALID until no token of that grant can live, then
            -- VALID until no copy of the list that says otherwise can, then free.
            endedAt INTEGER,
            PRIMARY KEY (list, position)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX endedStatusEntry ON statusEntry (endedAt) WHERE endedAt IS NOT NULL;

        ALTER TABLE apiKey ADD COLUMN statusList INTEGER;
        ALTER TABLE apiKey ADD COLUMN statusPosition INTEGER;
        CREATE UNIQUE INDEX keyByStatus ON apiKey (statusList, statusPosition) WHERE statusList IS NOT NULL;
        -- What a start looks for among many keys that are VALID, without looking at those.
        CREATE INDEX keyWithoutStatus ON apiKey (expiresAt) WHERE statusList IS NULL AND revokedAt IS NULL;
        CREATE INDEX statusOfRevokedKey ON apiKey (revokedAt)
            WHERE revokedAt IS NOT NULL AND statusList IS NOT NULL;
        CREATE INDEX statusOfExpiringKey ON apiKey (expiresAt)
            WHERE expiresAt IS NOT NULL AND statusList IS NOT NULL;
        CREATE INDEX statusOfDisabledKey ON apiKey (isDisabled) WHERE isDisabled = 1 AND statusList IS NOT NULL;
        """

    /// One row per family, whatever the number of refreshes.
    static let refreshFamilies = """
        CREATE TABLE refreshFamily (
            number INTEGER PRIMARY KEY,
            id BLOB NOT NULL CHECK (length(id) = 16),
            apiKey INTEGER NOT NULL REFERENCES apiKey,
            -- Words separated by one space; what was granted when it was opened.
            scope TEXT NOT NULL,
            -- A JSON array: audiences may be any text.
            audiences TEXT NOT NULL CHECK (substr(audiences, 1, 1) = '[' AND substr(audiences, -1) = ']'),
            generation INTEGER NOT NULL CHECK (generation BETWEEN 0 AND 4294967295),
            rotatedAt INTEGER NOT NULL,
            -- The IP address that the refresh came from.
            rotatedFrom BLOB CHECK (length(rotatedFrom) = 16),
            -- Never later than absoluteExpiry.
            idleExpiry INTEGER NOT NULL CHECK (idleExpiry <= absoluteExpiry),
            absoluteExpiry INTEGER NOT NULL,
            revokedAt INTEGER,
            nonce BLOB NOT NULL CHECK (length(nonce) = 16),
            secretID BLOB NOT NULL CHECK (length(secretID) = 8),
            statusList INTEGER NOT NULL,
            statusPosition INTEGER NOT NULL,
            FOREIGN KEY (statusList, statusPosition) REFERENCES statusEntry (list, position)
        ) STRICT;
        CREATE UNIQUE INDEX familyByID ON refreshFamily (id);
        CREATE UNIQUE INDEX familyByStatus ON refreshFamily (statusList, statusPosition);
        CREATE INDEX liveFamilyByKey ON refreshFamily (apiKey) WHERE revokedAt IS NULL;
        CREATE INDEX familyByKey ON refreshFamily (apiKey);
        CREATE INDEX familyByRevocation ON refreshFamily (revokedAt) WHERE revokedAt IS NOT NULL;
        CREATE INDEX familyByAbsoluteExpiry ON refreshFamily (absoluteExpiry);
        CREATE INDEX familyByIdleExpiry ON refreshFamily (idleExpiry);
        """

    /// Single access tokens that were revoked (RFC 7009), until nobody could accept them any more.
    static let deniedTokens = """
        CREATE TABLE deniedToken (
            jti BLOB NOT NULL PRIMARY KEY CHECK (length(jti) = 16),
            -- The token's `exp` and 60 s.
            until INTEGER NOT NULL,
            apiKey INTEGER NOT NULL REFERENCES apiKey
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX deniedTokenByEnd ON deniedToken (until);
        CREATE INDEX deniedTokenByKey ON deniedToken (apiKey, until);

        -- One row: how many there are, for counting millions takes seconds; and up to which end they are forgotten.
        CREATE TABLE deniedTotal (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            count INTEGER NOT NULL CHECK (count >= 0),
            forgottenUntil INTEGER NOT NULL
        ) STRICT;
        INSERT INTO deniedTotal (id, count, forgottenUntil) VALUES (1, 0, 0);
        """
}
