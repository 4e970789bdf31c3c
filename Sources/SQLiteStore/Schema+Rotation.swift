/// Two secrets of one key, while it is given another.
extension Schema {
    static let rotation = """
        -- The secret before the last rotation. When its time is over the columns stay until the next change of them.
        ALTER TABLE apiKey ADD COLUMN previousDigest BLOB CHECK (length(previousDigest) = 32);
        ALTER TABLE apiKey ADD COLUMN previousHint TEXT;
        ALTER TABLE apiKey ADD COLUMN previousExpiresAt INTEGER;
        -- When the secret of `digest` was revoked alone.
        ALTER TABLE apiKey ADD COLUMN secretRevokedAt INTEGER;
        CREATE UNIQUE INDEX keyByPreviousDigest ON apiKey (previousDigest) WHERE previousDigest IS NOT NULL;
        """
}
