/// What the database remembers of time and of its own course.
extension Schema {
    static let continuity = """
        CREATE TABLE continuity (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            -- The latest time that the service has acted on, some seconds old at most; never goes back.
            clock INTEGER NOT NULL,
            -- Raised here first and then in the keys directory: a database with less than there is an old one.
            epoch INTEGER NOT NULL CHECK (epoch >= 0),
            -- Tokens with an earlier iat are refused: the time of the last restore.
            notBefore INTEGER NOT NULL
        ) STRICT;

        INSERT INTO continuity (id, clock, epoch, notBefore) VALUES (1, 0, 0, 0);

        CREATE TRIGGER continuityStays BEFORE DELETE ON continuity
        BEGIN SELECT RAISE(ABORT, 'this row stays'); END;
        """
}
