import AdminAPI
import AuthorizationServer
import OAuth
import Primitives

/// A key as it would be after a creation or a change, to be judged before it is written.
struct KeyDraft {
    var key: KeyRecord
    /// `nil` for a creation.
    let old: KeyRecord?
    let project: ProjectRecord

    /// Whether the values themselves may stand; what stood there before is not judged again.
    ///
    /// - Parameter catalogued: Scopes that are known to be in the catalogue.
    /// - Throws: ``AdminRefusal/invalidInput(_:)`` with all mistakes; any other error is a store failure.
    func check(
        limits: AdministrationLimits,
        in reader: any AdminReader,
        at now: NumericDate,
        catalogued: [String] = []
    ) throws {
        var checks = FieldChecks(limits: limits)
        try checks.catalogue(key.scopes, besides: (old?.scopes ?? []) + catalogued, at: "/scopes", in: reader)
        if key.subject.utf8.starts(with: "key_".utf8), !bytesEqual(key.subject, key.id.description),
            old.map({ bytesEqual($0.subject, key.subject) }) != true
        {
            checks.add("/subject", "must not begin with key_, as the identifiers of keys do")
        }
        if old.map({ sameJSON($0.claims, key.claims) }) != true {
            for mistake in ClaimRules.mistakes(in: key.claims) { checks.add(mistake.pointer, mistake.detail) }
        }
        checks.addresses(key.allowedAddresses, changing: old?.allowedAddresses)
        checks.referrers(key.allowedReferrers, changing: old?.allowedReferrers)
        if key.accessTokenLifetime != old?.accessTokenLifetime { checks.lifetime(key.accessTokenLifetime) }
        if key.expiresAt != old?.expiresAt, let expiry = key.expiresAt, expiry <= now {
            checks.add("/expires_at", "must be in the future")
        }
        checkSuperAdmin(&checks)
        let length = limits.tokenSize.length(of: key)
        if length > limits.maximumTokenLength, length > old.map(limits.tokenSize.length(of:)) ?? 0 {
            checks.add(
                "",
                "its tokens could have \(length) characters and may have \(limits.maximumTokenLength): "
                    + "give it fewer or shorter scopes, roles, groups, audiences or claims"
            )
        }
        try checks.finish()
    }

    /// A super admin can always administer: so the store, counting them by their role, counts rightly.
    ///
    /// Whether somebody can come from an address in a list, nobody here knows; from an empty one nobody can.
    private func checkSuperAdmin(_ checks: inout FieldChecks) {
        guard key.adminRole == .superAdmin, key.revokedAt == nil else { return }
        if !key.audiences.contains(where: isAdministration) {
            checks.add("/audiences", "a super admin needs \(AudienceRecord.administration)")
        }
        let scope = AdminOperation.updateKey.scope
        if !key.scopes.contains(where: { bytesEqual($0, scope) }) {
            checks.add("/scopes", "a super admin needs \(scope)")
        }
        if !key.grantTypes.contains(.clientCredentials), !key.grantTypes.contains(.tokenExchange) {
            checks.add("/grant_types", "a super admin needs client_credentials or token exchange")
        }
        if key.allowedAddresses?.isEmpty == true {
            checks.add(
                "/allowed_ips",
                "a super admin must be let in from somewhere: an empty list lets nobody"
            )
        }
        if key.allowedReferrers?.isEmpty == true {
            checks.add("/allowed_referrers", "a super admin must be let in: an empty list lets nobody")
        }
        // The root key, which nobody owns, is not held to the addresses of its project.
        if key.owner != nil, project.allowedAddresses?.isEmpty == true {
            checks.add("/project", "a super admin must be let in, and its allowed_ips are an empty list")
        }
    }

    /// Whether the administrator holds what the key would gain.
    ///
    /// - Throws: ``AdminRefusal/notHeld(_:)`` with everything that they do not hold; any other error is a store
    ///   failure.
    func checkGrants(of standing: Standing, in reader: any AdminReader) throws {
        var mistakes: [FieldMistake] = []
        func refuse(_ pointer: String, _ detail: String) {
            mistakes.append(FieldMistake(pointer, detail))
        }

        for (index, name) in added(key.scopes, besides: old?.scopes ?? []) where !standing.holds(scope: name)
        {
            refuse("/scopes/\(index)", "you do not hold the scope \(name)")
        }
        for (index, role) in key.roles.enumerated()
        where !(old?.roles ?? []).contains(where: { $0.id == role.id }) && !standing.holds(role) {
            refuse("/roles/\(index)", "you do not hold the role \(role.name) with all its scopes")
        }
        for (index, group) in key.groups.enumerated()
        where !(old?.groups ?? []).contains(where: { $0.id == group.id }) && !standing.holds(group) {
            refuse("/groups/\(index)", "you are not in the group \(group.name)")
        }
        for (index, name) in added(key.audiences, besides: old?.audiences ?? [])
        where !standing.holds(audience: name) {
            refuse(
                "/audiences/\(index)",
                isAdministration(name) ? "only super admins may give it" : "you do not hold it"
            )
        }
        if let audience = newDefaultAudience, !standing.holds(audience: audience) {
            refuse(
                "/audiences",
                "without audiences the key has the project's default one, which you do not hold"
            )
        }
        for (name, value) in key.claims.members
        where old?.claims[name].map({ $0.serialized == value.serialized }) != true
            && !standing.holds(claim: name, value)
        {
            refuse("/claims", "your key does not have the claim \(name) with that value")
        }
        for (index, name) in added(key.mayExchange, besides: old?.mayExchange ?? []) {
            let target = try KeyID(parsing: name).flatMap { try reader.key($0) }
            if standing.mayExchange(name) || target.map(standing.sees) == true { continue }
            refuse("/may_exchange/\(index)", "it is neither your key, nor one that yours may exchange")
        }
        if let role = key.adminRole, role != old?.adminRole, !standing.holds(role: role) {
            refuse("/admin_role", "you do not hold \(role.rawValue)")
        }
        if gainsRevocation, !standing.mayGiveRevocation(in: key.project) {
            refuse(
                "/project",
                "with \(BuiltInScopes.revocation) it could revoke tokens of a project that is not your key's"
            )
        }
        guard mistakes.isEmpty else { throw AdminRefusal.notHeld(mistakes) }
    }

    /// Whether it may revoke the tokens of its project, and could not those of this one before.
    private var gainsRevocation: Bool {
        guard key.heldScopes.contains(where: BuiltInScopes.isRevocation) else { return false }
        guard let old, old.project == key.project else { return true }
        return !old.heldScopes.contains(where: BuiltInScopes.isRevocation)
    }

    /// The audience that the key gains by having none of its own, unless it had that already.
    private var newDefaultAudience: String? {
        guard key.audiences.isEmpty else { return nil }
        if let old, old.audiences.isEmpty, old.project == key.project { return nil }
        return project.defaultAudiences.first
    }
}

extension TokenSizeBound {
    func length(of key: KeyRecord) -> Int {
        length(
            subject: key.subject,
            audiences: key.audiences,
            scopes: key.heldScopes,
            roles: key.roles.map(\.name),
            groups: key.groups.map(\.name),
            claims: key.claims
        )
    }
}

private func sameJSON(_ a: JSONObject, _ b: JSONObject) -> Bool {
    JSONValue.object(a).serialized == JSONValue.object(b).serialized
}

extension AdminReader {
    /// Holds on to the last super admin: when one ends, by this change or by a date that it sets, there must be
    /// another one at that moment.
    ///
    /// - Parameter old: As the row still stands, so that it is among those counted.
    /// - Throws: ``AdminRefusal/conflict(_:)`` when nobody would be left.
    func keepSuperAdmin(changing old: KeyRecord, to new: KeyRecord, at now: NumericDate) throws {
        func isSuperAdmin(_ key: KeyRecord) -> Bool {
            key.adminRole == .superAdmin && key.status(at: now) == .active
                && (key.secretRevokedAt == nil || key.overlap(at: now) != nil)
        }
        guard isSuperAdmin(old) else { return }
        let end = isSuperAdmin(new) ? new.expiresAt : now
        guard let end, old.expiresAt.map({ end < $0 }) ?? true else { return }
        guard try countSuperAdmins(at: end) > 1 else {
            throw AdminRefusal.conflict("this is the last super admin: make another key one first")
        }
    }
}
