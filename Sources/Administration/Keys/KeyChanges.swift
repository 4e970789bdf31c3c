package import AdminAPI
import AuthorizationServer
package import OAuth
import Primitives

/// API keys: changed, disabled, enabled and revoked.
extension Administration {
    /// Applies a merge patch.
    ///
    /// A value that stays as it is grants nothing and is not judged again.
    ///
    /// - Throws: ``AdminRefusal/invalidInput(_:)``, ``AdminRefusal/notHeld(_:)``, ``AdminRefusal/notFound(_:)``
    ///   also for a key that the administrator may not change, ``AdminRefusal/conflict(_:)`` for a revoked key
    ///   and the last super admin, ``AdminRefusal/missingScope(_:)``; any other error is a store failure.
    package func updateKey(
        _ id: KeyID,
        _ patch: KeyPatch,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> KeyRecord {
        let limits = limits
        return try await write(.updateKey, by: administrator, at: now) { writer, standing in
            let old = try writer.changeableKey(id, by: standing)
            let project = try writer.requireProject(given: patch.project ?? old.project.description)
            var key = try patch.applied(to: old)
            key.project = project.id
            key.roles = try writer.roles(given: patch.roles, replacing: old.roles)
            key.groups = try writer.groups(given: patch.groups, replacing: old.groups)
            let draft = KeyDraft(key: key, old: old, project: project)
            try draft.check(limits: limits, in: writer, at: now)
            try draft.checkGrants(of: standing, in: writer)
            try writer.keepSuperAdmin(changing: old, to: key, at: now)
            try writer.update(key, at: now)
            standing.note(old, becomes: key)
            return key
        }
    }

    /// Suspends a key; suspending it twice is the same.
    ///
    /// - Throws: ``AdminRefusal`` as ``updateKey(_:_:by:at:)``; any other error is a store failure.
    package func disableKey(
        _ id: KeyID,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> KeyRecord {
        try await change(.disableKey, id, by: administrator, at: now) { $0.isDisabled = true }
    }

    /// Lets a suspended key live again; one that has expired stays so.
    ///
    /// - Throws: ``AdminRefusal`` as ``updateKey(_:_:by:at:)``; any other error is a store failure.
    package func enableKey(
        _ id: KeyID,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> KeyRecord {
        try await change(.enableKey, id, by: administrator, at: now) { $0.isDisabled = false }
    }

    /// Revokes a key for good; the row stays.
    ///
    /// Revoking it twice is the same.
    ///
    /// - Throws: ``AdminRefusal/notFound(_:)`` also for a key that the administrator may not change,
    ///   ``AdminRefusal/conflict(_:)`` for the last super admin, ``AdminRefusal/missingScope(_:)``; any other
    ///   error is a store failure.
    package func deleteKey(_ id: KeyID, by administrator: Administrator, at now: NumericDate) async throws {
        try await write(.deleteKey, by: administrator, at: now) { writer, standing in
            guard let old = try writer.key(id), standing.changes(old) else { throw KeyRecord.notFound }
            try standing.expects(old)
            guard old.revokedAt == nil else { return standing.note(old, becomes: old) }
            var key = old
            key.revokedAt = now
            try writer.keepSuperAdmin(changing: old, to: key, at: now)
            try writer.update(key, at: now)
            standing.note(old, becomes: key)
        }
    }

    private func change(
        _ operation: AdminOperation,
        _ id: KeyID,
        by administrator: Administrator,
        at now: NumericDate,
        _ change: @escaping @Sendable (inout KeyRecord) -> Void
    ) async throws -> KeyRecord {
        try await write(operation, by: administrator, at: now) { writer, standing in
            let old = try writer.changeableKey(id, by: standing)
            var key = old
            change(&key)
            standing.note(old, becomes: key)
            guard key.isDisabled != old.isDisabled else { return old }
            try writer.keepSuperAdmin(changing: old, to: key, at: now)
            try writer.update(key, at: now)
            return key
        }
    }
}

extension AdminReader {
    func changeableKey(_ id: KeyID, by standing: Standing) throws -> KeyRecord {
        guard let key = try key(id), standing.changes(key) else { throw KeyRecord.notFound }
        try standing.expects(key)
        guard key.revokedAt == nil else {
            throw AdminRefusal.conflict("the key is revoked: create a new one")
        }
        return key
    }
}

extension KeyPatch {
    /// Everything but project, roles and groups, which need a look-up.
    ///
    /// - Throws: ``AdminRefusal/invalidInput(_:)`` for a word that is no role and a limit that is none.
    fileprivate func applied(to old: KeyRecord) throws -> KeyRecord {
        var key = old
        key.name = name ?? old.name
        key.description = description.applied(to: old.description, default: "")
        key.subject = subject.applied(to: old.subject, default: old.id.description)
        key.scopes = scopes.applied(to: old.scopes, default: [])
        key.audiences = audiences.applied(to: old.audiences, default: [])
        key.grantTypes = grantTypes.applied(to: old.grantTypes, default: KeyRecord.standardGrantTypes)
        switch claims {
        case .absent: break
        case .null: key.claims = JSONObject()
        case .value(let patch): key.claims = old.claims.merged(with: patch)
        }
        switch adminRole {
        case .absent: break
        case .null: key.adminRole = nil
        case .value(let role): key.adminRole = try AdminRole.given(role)
        }
        key.mayExchange = mayExchange.applied(to: old.mayExchange, default: [])
        key.allowedAddresses = allowedIPs.applied(to: old.allowedAddresses)
        key.allowedReferrers = allowedReferrers.applied(to: old.allowedReferrers)
        key.accessTokenLifetime = accessTokenTTL.applied(to: old.accessTokenLifetime)
        do throws(InvalidMessage) {
            key.rateLimit = try LimitFields.patched(old.rateLimit, rateLimit)
            key.quota = try LimitFields.patched(old.quota, quota)
        } catch {
            throw AdminRefusal.invalidInput(error.mistakes)
        }
        key.expiresAt = expiresAt.applied(to: old.expiresAt)
        return key
    }
}
