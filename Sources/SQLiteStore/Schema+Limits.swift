import OAuth

/// What a key may use, and what it has used.
extension Schema {
    static let limitsAndUsage = """
        ALTER TABLE apiKey ADD COLUMN rateRequests INTEGER CHECK (rateRequests > 0);
        ALTER TABLE apiKey ADD COLUMN rateSeconds INTEGER CHECK ((rateSeconds > 0) IS (rateRequests > 0));
        ALTER TABLE apiKey ADD COLUMN quotaTokens INTEGER CHECK (quotaTokens > 0);
        ALTER TABLE apiKey ADD COLUMN quotaPeriod TEXT CHECK (quotaPeriod IN ('day', 'month'));
        ALTER TABLE apiKey ADD COLUMN isQuotaEnforced INTEGER CHECK (isQuotaEnforced IN (0, 1));

        -- Counters of one key on one day of UTC (days since 1970). By day first: a batch of counters touches few
        -- pages, and the oldest are forgotten together.
        CREATE TABLE usage (
            day INTEGER NOT NULL,
            apiKey INTEGER NOT NULL REFERENCES apiKey,
            exchanges INTEGER NOT NULL CHECK (exchanges >= 0),
            refreshes INTEGER NOT NULL CHECK (refreshes >= 0),
            PRIMARY KEY (day, apiKey)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX usageByKey ON usage (apiKey, day);

        CREATE TABLE usageDenial (
            day INTEGER NOT NULL,
            apiKey INTEGER NOT NULL,
            reason TEXT NOT NULL,
            count INTEGER NOT NULL CHECK (count > 0),
            PRIMARY KEY (day, apiKey, reason),
            FOREIGN KEY (day, apiKey) REFERENCES usage ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;

        -- Outlives the counters. The address is 16 bytes, an IPv4 one mapped; NULL: not known.
        CREATE TABLE lastUse (
            apiKey INTEGER PRIMARY KEY REFERENCES apiKey,
            at INTEGER NOT NULL,
            address BLOB CHECK (length(address) = 16)
        ) STRICT;
        """
}

extension StoredRow {
    /// Two columns from `column` on.
    func rateLimit(_ column: Int) throws -> RateLimit? {
        guard !isNull(column) else { return nil }
        let requests = Int(clamping: try integer(column))
        let seconds = Int(clamping: try integer(column + 1))
        // A limit that cannot be read must not read as none.
        guard let limit = RateLimit(requests: requests, seconds: seconds) else { throw fault(column) }
        return limit
    }

    /// Three columns from `column` on.
    func quota(_ column: Int) throws -> TokenQuota? {
        guard !isNull(column) else { return nil }
        let tokens = Int(clamping: try integer(column))
        guard let period = TokenQuota.Period(rawValue: try text(column + 1)),
            let quota = TokenQuota(tokens: tokens, period: period, isEnforced: try bool(column + 2))
        else { throw fault(column) }
        return quota
    }
}
