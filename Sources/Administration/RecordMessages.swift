package import AdminAPI
package import AuthorizationServer
package import OAuth

/// The rows as the messages that show them.
extension KeyRecord {
    package func message(at now: NumericDate) -> KeyMessage {
        var message = KeyMessage(
            id: id,
            name: name,
            description: description,
            project: project,
            owner: owner,
            subject: subject,
            hint: hint,
            scopes: scopes,
            audiences: audiences,
            grantTypes: grantTypes,
            claims: claims,
            adminRole: adminRole?.rawValue,
            mayExchange: mayExchange,
            allowedIPs: allowedAddresses,
            accessTokenTTL: accessTokenLifetime,
            expiresAt: expiresAt,
            status: status(at: now).rawValue,
            createdAt: createdAt,
            rotation: rotation(at: now),
            rateLimit: rateLimit,
            quota: quota,
            lastUsedAt: lastUsedAt,
            lastUsedIP: lastUsedFrom?.text
        )
        message.roles = roles.map(\.name)
        message.groups = groups.map(\.name)
        message.allowedReferrers = allowedReferrers
        return message
    }
}

extension RoleRecord {
    package var message: RoleMessage {
        RoleMessage(id: id, name: name, description: description, scopes: scopes)
    }
}

extension GroupRecord {
    package var message: GroupMessage { GroupMessage(id: id, name: name, description: description) }
}

extension ProjectRecord {
    package var message: ProjectMessage {
        ProjectMessage(
            id: id,
            name: name,
            defaultAudiences: defaultAudiences,
            defaultScopes: defaultScopes,
            accessTokenTTL: accessTokenLifetime,
            allowedIPs: allowedAddresses,
            createdAt: createdAt
        )
    }
}

extension ScopeRecord {
    package var message: ScopeMessage {
        ScopeMessage(name: name, description: description, isBuiltIn: isBuiltIn)
    }
}

extension AudienceRecord {
    package var message: AudienceMessage { AudienceMessage(name: name, typ: type, alg: algorithm) }
}
