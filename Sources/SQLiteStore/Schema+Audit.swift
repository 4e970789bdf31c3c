/// The audit trail, and what repetitions of requests get.
extension Schema {
    static let audit = """
        CREATE TABLE audit (
            -- Without gaps, from the number behind auditStart on.
            number INTEGER PRIMARY KEY,
            id BLOB NOT NULL CHECK (length(id) = 16),
            time INTEGER NOT NULL,
            actor TEXT NOT NULL,
            action TEXT NOT NULL,
            target TEXT NOT NULL,
            address TEXT NOT NULL,
            requestID TEXT NOT NULL,
            -- One JSON object, exactly as it was hashed.
            changes TEXT NOT NULL CHECK (substr(changes, 1, 1) = '{' AND substr(changes, -1) = '}'),
            previousHash BLOB NOT NULL CHECK (length(previousHash) = 32),
            hash BLOB NOT NULL CHECK (length(hash) = 32)
        ) STRICT;
        CREATE INDEX auditByTime ON audit (time);
        CREATE INDEX auditByActor ON audit (actor, time);
        CREATE INDEX auditByAction ON audit (action, time);
        CREATE INDEX auditByTarget ON audit (target, time);

        -- One row: the last event that was forgotten, to which the first that is kept refers.
        CREATE TABLE auditStart (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            number INTEGER NOT NULL CHECK (number >= 0),
            hash BLOB NOT NULL CHECK (length(hash) = 32)
        ) STRICT;
        INSERT INTO auditStart (id, number, hash) VALUES (1, 0, zeroblob(32));

        CREATE TRIGGER auditIsFixed BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, 'an event of the audit trail cannot be changed'); END;

        CREATE TRIGGER auditStays BEFORE DELETE ON audit
        WHEN OLD.number > (SELECT number FROM auditStart)
        BEGIN SELECT RAISE(ABORT, 'an event of the audit trail cannot be deleted'); END;

        CREATE TRIGGER auditFollows BEFORE INSERT ON audit
        WHEN NEW.number IS NOT 1 + ifnull(
                (SELECT max(number) FROM audit), (SELECT number FROM auditStart))
            OR NEW.previousHash IS NOT ifnull(
                (SELECT hash FROM audit ORDER BY number DESC LIMIT 1), (SELECT hash FROM auditStart))
        BEGIN SELECT RAISE(ABORT, 'an event can only be added to the end of the audit trail'); END;

        CREATE TRIGGER auditStartMovesOn BEFORE UPDATE ON auditStart
        WHEN NEW.number <= OLD.number OR NEW.hash IS NOT (SELECT hash FROM audit WHERE number = NEW.number)
        BEGIN SELECT RAISE(ABORT, 'the audit trail can begin only with a later event'); END;

        CREATE TRIGGER auditStartStays BEFORE DELETE ON auditStart
        BEGIN SELECT RAISE(ABORT, 'this row stays'); END;
        """

    static let idempotency = """
        -- What was answered to requests with an Idempotency-Key, for a day; never a secret.
        CREATE TABLE idempotency (
            -- The id of the API key that has asked.
            caller BLOB NOT NULL CHECK (length(caller) = 16),
            -- SHA-256 of the Idempotency-Key, and of everything else that makes the request what it is.
            key BLOB NOT NULL CHECK (length(key) = 32),
            fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
            -- JSON; NULL where the answer has no body.
            answer TEXT,
            isComplete INTEGER NOT NULL CHECK (isComplete IN (0, 1)),
            createdAt INTEGER NOT NULL,
            PRIMARY KEY (caller, key)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX idempotencyByAge ON idempotency (createdAt);
        """
}
