package import AdminAPI
import AuthorizationServer
package import OAuth
import Primitives

/// Projects: what their keys share.
extension Administration {
    /// All projects by identifier; none without an `admin_role`.
    ///
    /// - Throws: ``AdminRefusal/missingScope(_:)``; any other error is a store failure.
    package func listProjects(
        page: PageRequest,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> Page<ProjectRecord> {
        try await read(.listProjects, by: administrator, at: now) { reader, standing in
            guard standing.role != nil else { return .empty }
            return try Page(page, position: \.id.description) { try reader.projects($0) }
        }
    }

    /// - Throws: ``AdminRefusal/notFound(_:)``, ``AdminRefusal/missingScope(_:)``; any other error is a store
    ///   failure.
    package func getProject(
        _ id: ProjectID,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> ProjectRecord {
        try await read(.getProject, by: administrator, at: now) { try $0.existingProject(id, by: $1) }
    }

    /// - Throws: ``AdminRefusal/invalidInput(_:)``, ``AdminRefusal/notHeld(_:)``, ``AdminRefusal/conflict(_:)`` for
    ///   a name that is taken, ``AdminRefusal/missingScope(_:)``; any other error is a store failure.
    package func createProject(
        _ creation: ProjectCreation,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> ProjectRecord {
        let limits = limits
        let project = ProjectRecord(
            id: ProjectID(identifiers.next(at: now)),
            name: creation.name,
            defaultAudiences: creation.defaultAudiences ?? [],
            defaultScopes: creation.defaultScopes ?? [],
            accessTokenLifetime: creation.accessTokenTTL,
            allowedAddresses: creation.allowedIPs,
            createdAt: now
        )
        return try await write(.createProject, by: administrator, at: now) { writer, standing in
            try standing.mayCreate()
            try writer.check(project, changing: nil, by: standing, limits: limits)
            try writer.insert(project)
            standing.note(nil, becomes: project)
            return project
        }
    }

    /// Applies a merge patch.
    ///
    /// A value that stays as it is grants nothing and is not judged again.
    ///
    /// - Throws: ``AdminRefusal/invalidInput(_:)``, ``AdminRefusal/notHeld(_:)`` also for what is for super admins
    ///   while others' keys are in it, ``AdminRefusal/notFound(_:)``, ``AdminRefusal/conflict(_:)`` for a name that
    ///   is taken, for renaming the default project, and for addresses by which super admins could not come in any
    ///   more, ``AdminRefusal/missingScope(_:)``; any other error is a store failure.
    package func updateProject(
        _ id: ProjectID,
        _ patch: ProjectPatch,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> ProjectRecord {
        let limits = limits
        return try await write(.updateProject, by: administrator, at: now) { writer, standing in
            let old = try writer.existingProject(id, by: standing)
            try standing.expects(old)
            var project = old
            project.name = patch.name ?? old.name
            project.defaultAudiences = patch.defaultAudiences.applied(to: old.defaultAudiences, default: [])
            project.defaultScopes = patch.defaultScopes.applied(to: old.defaultScopes, default: [])
            project.accessTokenLifetime = patch.accessTokenTTL.applied(to: old.accessTokenLifetime)
            project.allowedAddresses = patch.allowedIPs.applied(to: old.allowedAddresses)
            try writer.check(project, changing: old, by: standing, limits: limits)
            try writer.keepSuperAdmins(of: project, changing: old)
            try writer.update(project)
            standing.note(old, becomes: project)
            return project
        }
    }

    /// - Throws: ``AdminRefusal/notFound(_:)``, ``AdminRefusal/conflict(_:)`` for the default project and for one
    ///   that has keys in whatever state, ``AdminRefusal/missingScope(_:)``; any other error is a store failure.
    package func deleteProject(_ id: ProjectID, by administrator: Administrator, at now: NumericDate)
        async throws
    {
        try await write(.deleteProject, by: administrator, at: now) { writer, standing in
            let project = try writer.existingProject(id, by: standing)
            try standing.expects(project)
            guard !bytesEqual(project.name, Self.defaultProject) else {
                throw AdminRefusal.conflict("the default project cannot be deleted")
            }
            let count = try writer.countKeys(inProject: id)
            guard count == 0 else {
                throw AdminRefusal.conflict(
                    "the project has \(count) keys, counting revoked ones: it stays with them"
                )
            }
            try writer.deleteProject(id)
            standing.note(project, becomes: nil)
        }
    }
}

extension AdminReader {
    fileprivate func existingProject(_ id: ProjectID, by standing: Standing) throws -> ProjectRecord {
        let missing = "there is no such project"
        try standing.mayReach(missing)
        guard let project = try project(id) else { throw AdminRefusal.notFound(missing) }
        return project
    }

    /// - Parameter old: `nil` for a creation.
    fileprivate func check(
        _ project: ProjectRecord,
        changing old: ProjectRecord?,
        by standing: Standing,
        limits: AdministrationLimits
    ) throws {
        var checks = FieldChecks(limits: limits)
        try checks.catalogue(
            project.defaultScopes,
            besides: old?.defaultScopes ?? [],
            at: "/default_scopes",
            in: self
        )
        for (index, name) in project.defaultAudiences.enumerated() where isAdministration(name) {
            checks.add("/default_audiences/\(index)", "must be given to keys one by one, never by default")
        }
        checks.addresses(project.allowedAddresses, changing: old?.allowedAddresses)
        if project.accessTokenLifetime != old?.accessTokenLifetime {
            checks.lifetime(project.accessTokenLifetime)
        }
        try checks.finish()

        let scopes = added(project.defaultScopes, besides: old?.defaultScopes ?? [])
            .filter { !standing.holds(scope: $0.name) }
            .map {
                FieldMistake("/default_scopes/\($0.index)", "you do not hold the scope \($0.name)")
            }
        let audiences = gainedAudiences(project, changing: old)
            .filter { !standing.holds(audience: $0.name) }
            .map { FieldMistake("/default_audiences/\($0.index)", "you do not hold it") }
        let addresses = addressMistakes(project, changing: old, by: standing)
        let shared = try sharedMistakes(project, changing: old, by: standing)
        let mistakes = scopes + audiences + addresses + shared
        guard mistakes.isEmpty else { throw AdminRefusal.notHeld(mistakes) }
        try checkName(project, changing: old)
    }

    /// The addresses of a project hold for the keys of all its admins.
    private func addressMistakes(
        _ project: ProjectRecord,
        changing old: ProjectRecord?,
        by standing: Standing
    ) -> [FieldMistake] {
        guard let old, standing.role != .superAdmin else { return [] }
        let (before, after) = (old.allowedAddresses, project.allowedAddresses)
        guard before?.map(ByteString.init) != after?.map(ByteString.init) else { return [] }
        return [.init("/allowed_ips", "only super admins change from where a project's keys work")]
    }

    /// What acts on the tokens of the project's keys is an admin's to change while they are all theirs.
    private func sharedMistakes(
        _ project: ProjectRecord,
        changing old: ProjectRecord?,
        by standing: Standing
    ) throws -> [FieldMistake] {
        guard let old, standing.role != .superAdmin else { return [] }
        var pointers: [String] = []
        let (before, after) = (old.defaultAudiences.first, project.defaultAudiences.first)
        if before.map(ByteString.init) != after.map(ByteString.init) { pointers.append("/default_audiences") }
        if old.accessTokenLifetime != project.accessTokenLifetime { pointers.append("/access_token_ttl") }
        guard !pointers.isEmpty, try isProjectInUse(project.id, besidesKeysOf: standing.id) else { return [] }
        let detail = "keys that are not yours are in this project: only super admins change what they get"
        return pointers.map { FieldMistake($0, detail) }
    }

    /// An empty list of addresses lets nobody in, also nobody who could take it back.
    fileprivate func keepSuperAdmins(of project: ProjectRecord, changing old: ProjectRecord) throws {
        guard project.allowedAddresses?.isEmpty == true, old.allowedAddresses?.isEmpty != true,
            try countSuperAdmins(heldTo: project.id) > 0
        else { return }
        throw AdminRefusal.conflict(
            "super admins are in this project, and an empty allowed_ips would lock them out: move them first"
        )
    }

    /// Only the first default reaches the keys without audiences: moving one to the front gives it to them.
    private func gainedAudiences(
        _ project: ProjectRecord,
        changing old: ProjectRecord?
    ) -> [(index: Int, name: String)] {
        let gained = added(project.defaultAudiences, besides: old?.defaultAudiences ?? [])
        guard let first = project.defaultAudiences.first, gained.first?.index != 0 else { return gained }
        let isSame = old?.defaultAudiences.first.map { bytesEqual($0, first) } == true
        return isSame ? gained : [(index: 0, name: first)] + gained
    }

    private func checkName(_ project: ProjectRecord, changing old: ProjectRecord?) throws {
        if let old, bytesEqual(old.name, project.name) { return }
        if let old, bytesEqual(old.name, Administration.defaultProject) {
            throw AdminRefusal.conflict("the default project keeps its name")
        }
        guard try self.project(named: project.name) == nil else {
            throw AdminRefusal.conflict("another project has this name")
        }
    }
}
