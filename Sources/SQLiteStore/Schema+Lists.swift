/// Indexes along which lists are read.
extension Schema {
    /// All that a list of keys is filtered and sorted by, as the other indexes of lists have it: so that the keys of some
    /// policies, a project or an owner are looked through without looking them up.
    static let indexesOfLists = """
        DROP INDEX keyByPolicy;
        DROP INDEX keyByProject;
        DROP INDEX keyByOwner;
        CREATE INDEX keyByPolicy ON apiKey
            (policy, revokedAt, id, project, owner, isDisabled, expiresAt, name);
        CREATE INDEX keyByProject ON apiKey
            (project, id, policy, owner, isDisabled, expiresAt, revokedAt, name);
        CREATE INDEX keyByOwner ON apiKey
            (owner, id, policy, project, isDisabled, expiresAt, revokedAt, name);
        """

    /// The counters with the project and the owner of their key, so that those of a project or of an administrator are
    /// read without those of all others.
    static let usageByOwner = """
        ALTER TABLE usage ADD COLUMN project INTEGER;
        ALTER TABLE usage ADD COLUMN owner INTEGER;
        UPDATE usage SET (project, owner) = (SELECT k.project, k.owner FROM apiKey k WHERE k.number = usage.apiKey);
        CREATE INDEX usageByProject ON usage (project, day, apiKey);
        CREATE INDEX usageByOwner ON usage (owner, day, apiKey);

        CREATE TRIGGER usageFollowsKey AFTER UPDATE OF project, owner ON apiKey
        WHEN OLD.project IS NOT NEW.project OR OLD.owner IS NOT NEW.owner
        BEGIN UPDATE usage SET project = NEW.project, owner = NEW.owner WHERE apiKey = NEW.number; END;
        """
}
