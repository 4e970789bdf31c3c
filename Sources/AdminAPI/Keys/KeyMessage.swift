package import OAuth
package import Primitives

/// An API key as the admin API shows it: everything but its secret.
package struct KeyMessage: Sendable {
    package var id: KeyID
    package var name: String
    package var description: String
    package var project: ProjectID
    /// The key that created it; `nil` for the root key.
    package var owner: KeyID?
    package var subject: String
    package var hint: String
    package var scopes: [String]
    /// Names.
    package var roles: [String] = []
    /// Names.
    package var groups: [String] = []
    package var audiences: [String]
    package var grantTypes: [GrantType]
    package var claims: JSONObject
    /// `super_admin`, `admin` or none.
    package var adminRole: String?
    /// Keys and projects whose tokens it may exchange, by identifier.
    package var mayExchange: [String]
    /// `nil`: from any address; empty: from none.
    package var allowedIPs: [String]?
    /// `nil`: nobody asks; empty: from no page.
    package var allowedReferrers: [String]?
    /// Seconds; `nil` for the project's, else the server's.
    package var accessTokenTTL: Int?
    package var expiresAt: NumericDate?
    /// `active`, `disabled`, `expired` or `revoked`.
    package var status: String
    package var createdAt: NumericDate
    /// `nil` while the key has one secret, which works.
    package var rotation: RotationMessage?
    package var rateLimit: RateLimit?
    package var quota: TokenQuota?
    /// Some seconds late.
    package var lastUsedAt: NumericDate?
    package var lastUsedIP: String?

    package init(
        id: KeyID,
        name: String,
        description: String,
        project: ProjectID,
        owner: KeyID?,
        subject: String,
        hint: String,
        scopes: [String],
        audiences: [String],
        grantTypes: [GrantType],
        claims: JSONObject,
        adminRole: String?,
        mayExchange: [String] = [],
        allowedIPs: [String]?,
        accessTokenTTL: Int?,
        expiresAt: NumericDate?,
        status: String,
        createdAt: NumericDate,
        rotation: RotationMessage? = nil,
        rateLimit: RateLimit? = nil,
        quota: TokenQuota? = nil,
        lastUsedAt: NumericDate? = nil,
        lastUsedIP: String? = nil
    ) {
        self.id = id
        self.name = name
        self.description = description
        self.project = project
        self.owner = owner
        self.subject = subject
        self.hint = hint
        self.scopes = scopes
        self.audiences = audiences
        self.grantTypes = grantTypes
        self.claims = claims
        self.adminRole = adminRole
        self.mayExchange = mayExchange
        self.allowedIPs = allowedIPs
        self.accessTokenTTL = accessTokenTTL
        self.expiresAt = expiresAt
        self.status = status
        self.createdAt = createdAt
        self.rotation = rotation
        self.rateLimit = rateLimit
        self.quota = quota
        self.lastUsedAt = lastUsedAt
        self.lastUsedIP = lastUsedIP
    }

    package var json: JSONValue { .object(object) }

    var object: JSONObject {
        var object = JSONObject([
            ("id", .string(id.description)),
            ("name", .string(name)),
            ("description", .string(description)),
            ("project", .string(project.description)),
        ])
        object.set("owner", owner) { .string($0.description) }
        object["subject"] = .string(subject)
        object["hint"] = .string(hint)
        object["scopes"] = .strings(scopes)
        object["roles"] = .strings(roles)
        object["groups"] = .strings(groups)
        object["audiences"] = .strings(audiences)
        object["grant_types"] = .strings(grantTypes.map(\.rawValue))
        object["claims"] = .object(claims)
        object.set("admin_role", adminRole, JSONValue.string)
        object["may_exchange"] = .strings(mayExchange)
        object.set("allowed_ips", allowedIPs, JSONValue.strings)
        object.set("allowed_referrers", allowedReferrers, JSONValue.strings)
        object.set("access_token_ttl", accessTokenTTL, JSONValue.integer)
        object.set("rate_limit", rateLimit, \.json)
        object.set("quota", quota, \.json)
        object.set("expires_at", expiresAt, JSONValue.date)
        object["status"] = .string(status)
        object["created_at"] = .date(createdAt)
        object.set("rotation", rotation) { $0.json }
        object.set("last_used_at", lastUsedAt, JSONValue.date)
        object.set("last_used_ip", lastUsedIP, JSONValue.string)
        return object
    }
}

extension KeyMessage {
    /// Reads an answer of the server; members that this version does not know are passed over.
    ///
    /// - Throws: ``InvalidMessage`` when it is not a key.
    package init(parsing value: JSONValue) throws(InvalidMessage) {
        var reader = try MemberReader(value, known: nil)
        let id = reader.required("id", AnswerRules.key)
        let name = reader.required("name", FieldRules.string)
        let description = reader.required("description", FieldRules.string)
        let project = reader.required("project", AnswerRules.project)
        let owner = reader.optional("owner", AnswerRules.key)
        let subject = reader.required("subject", FieldRules.string)
        let hint = reader.required("hint", FieldRules.string)
        let scopes = reader.required("scopes", AnswerRules.strings)
        let audiences = reader.required("audiences", AnswerRules.strings)
        let grantTypes = reader.required("grant_types", FieldRules.list(FieldRules.grantType) { $0.rawValue })
        let claims = reader.required("claims", FieldRules.object)
        let status = reader.required("status", FieldRules.string)
        let createdAt = reader.required("created_at", FieldRules.dateTime)
        let adminRole = reader.optional("admin_role", FieldRules.string)
        let mayExchange = reader.optional("may_exchange", AnswerRules.strings)
        let allowedIPs = reader.optional("allowed_ips", AnswerRules.strings)
        let roles = reader.optional("roles", AnswerRules.strings)
        let groups = reader.optional("groups", AnswerRules.strings)
        let allowedReferrers = reader.optional("allowed_referrers", AnswerRules.strings)
        let accessTokenTTL = reader.optional("access_token_ttl", AnswerRules.integer)
        let expiresAt = reader.optional("expires_at", FieldRules.dateTime)
        let rotation = reader.optional("rotation") { value, _, _ in value }
        let rateLimit = reader.optional("rate_limit", LimitFields.rateLimit)
        let quota = reader.optional("quota", LimitFields.quota)
        let lastUsedAt = reader.optional("last_used_at", FieldRules.dateTime)
        let lastUsedIP = reader.optional("last_used_ip", FieldRules.string)
        try reader.finish()
        self.init(
            id: try reader.unwrap(id),
            name: try reader.unwrap(name),
            description: try reader.unwrap(description),
            project: try reader.unwrap(project),
            owner: owner,
            subject: try reader.unwrap(subject),
            hint: try reader.unwrap(hint),
            scopes: try reader.unwrap(scopes),
            audiences: try reader.unwrap(audiences),
            grantTypes: try reader.unwrap(grantTypes),
            claims: try reader.unwrap(claims),
            adminRole: adminRole,
            mayExchange: mayExchange ?? [],
            allowedIPs: allowedIPs,
            accessTokenTTL: accessTokenTTL,
            expiresAt: expiresAt,
            status: try reader.unwrap(status),
            createdAt: try reader.unwrap(createdAt),
            rotation: try rotation.map { value throws(InvalidMessage) in try RotationMessage(parsing: value)
            },
            rateLimit: rateLimit,
            quota: quota,
            lastUsedAt: lastUsedAt,
            lastUsedIP: lastUsedIP
        )
        self.roles = roles ?? []
        self.groups = groups ?? []
        self.allowedReferrers = allowedReferrers
    }
}

/// The answer to a creation or a rotation: the key with its secret in the member `key`, this once.
package struct IssuedKeyMessage: Sendable {
    package var key: KeyMessage
    package var secret: APIKey

    package init(key: KeyMessage, secret: APIKey) {
        self.key = key
        self.secret = secret
    }

    /// - Throws: ``InvalidMessage`` when it is not a key with a well-formed secret.
    package init(parsing value: JSONValue) throws(InvalidMessage) {
        key = try KeyMessage(parsing: value)
        guard let secret = value.object?["key"]?.string.flatMap({ APIKey(parsing: Array($0.utf8)) }) else {
            throw InvalidMessage([FieldMistake("/key", "must be an API key")])
        }
        self.secret = secret
    }

    /// Holds the secret: for the answer's body, never for a log.
    package var json: JSONValue {
        var object = key.object
        object["key"] = .string(String(decoding: secret.secret, as: UTF8.self))
        return .object(object)
    }
}
