extension Schema {
    /// The times of signing keys, and how long verifiers may go on with a key set that they have.
    ///
    /// Nothing is known of the times of keys from before; for those, the longest that the settings allow.
    static let signingKeyTimes = """
        CREATE TABLE signingKeyWithTimes (
            kid TEXT NOT NULL PRIMARY KEY,
            algorithm TEXT NOT NULL,
            stage TEXT NOT NULL CHECK (stage IN ('pending', 'active', 'retired', 'removed')),
            createdAt INTEGER NOT NULL,
            -- The public key (RFC 7517); empty until a start has seen its file.
            jwk TEXT NOT NULL,
            publishedAt INTEGER NOT NULL,
            usableAt INTEGER NOT NULL,
            activatedAt INTEGER,
            -- Seconds: the longest life of any token that it has signed.
            tokenLifetime INTEGER CHECK (tokenLifetime > 0),
            retiredAt INTEGER,
            publishedUntil INTEGER,
            removedAt INTEGER,
            isRevoked INTEGER NOT NULL CHECK (isRevoked IN (0, 1)),
            CHECK (stage <> 'active' OR activatedAt IS NOT NULL AND tokenLifetime IS NOT NULL),
            CHECK (stage <> 'retired' OR retiredAt IS NOT NULL AND publishedUntil IS NOT NULL),
            CHECK ((stage = 'removed') = (removedAt IS NOT NULL))
        ) STRICT, WITHOUT ROWID;

        INSERT INTO signingKeyWithTimes
        SELECT kid, algorithm, stage, createdAt, '', createdAt,
            iif(stage = 'pending', createdAt + 86460, createdAt),
            iif(stage = 'pending', NULL, createdAt), iif(stage = 'pending', NULL, 3600),
            iif(stage = 'retired', createdAt, NULL), iif(stage = 'retired', createdAt + 3660, NULL), NULL, 0
        FROM signingKey;

        DROP TABLE signingKey;
        ALTER TABLE signingKeyWithTimes RENAME TO signingKey;
        CREATE UNIQUE INDEX activeSigningKey ON signingKey (algorithm) WHERE stage = 'active';
        CREATE INDEX publishedSigningKey ON signingKey (stage, kid) WHERE stage <> 'removed';

        -- NULL before a key set was first handed out.
        ALTER TABLE installation ADD COLUMN keySetMaxAge INTEGER CHECK (keySetMaxAge > 0);
        ALTER TABLE installation ADD COLUMN earlierKeySetsUntil INTEGER;
        """
}
