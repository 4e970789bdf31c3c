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
}
