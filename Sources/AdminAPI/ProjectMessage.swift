package import OAuth
package import Primitives

/// A project as the admin API shows it.
package struct ProjectMessage: Sendable {
    package var id: ProjectID
    package var name: String
    package var defaultAudiences: [String]
    /// What a new key gets when it is given none.
    package var defaultScopes: [String]
    /// Seconds; `nil` for the server's.
    package var accessTokenTTL: Int?
    /// `nil`: from any address; empty: from none.
    package var allowedIPs: [String]?
    package var createdAt: NumericDate

    package init(
        id: ProjectID,
        name: String,
        defaultAudiences: [String],
        defaultScopes: [String],
        accessTokenTTL: Int?,
        allowedIPs: [String]?,
        createdAt: NumericDate
    ) {
        self.id = id
        self.name = name
        self.defaultAudiences = defaultAudiences
        self.defaultScopes = defaultScopes
        self.accessTokenTTL = accessTokenTTL
        self.allowedIPs = allowedIPs
        self.createdAt = createdAt
    }

    /// Reads an answer of the server; members that this version does not know are passed over.
    ///
    /// - Throws: ``InvalidMessage`` when it is not a project.
    package init(parsing value: JSONValue) throws(InvalidMessage) {
        var reader = try MemberReader(value, known: nil)
        let id = reader.required("id", AnswerRules.project)
        let name = reader.required("name", FieldRules.string)
        let defaultAudiences = reader.required("default_audiences", AnswerRules.strings)
        let defaultScopes = reader.required("default_scopes", AnswerRules.strings)
        let accessTokenTTL = reader.optional("access_token_ttl", AnswerRules.integer)
        let allowedIPs = reader.optional("allowed_ips", AnswerRules.strings)
        let createdAt = reader.required("created_at", FieldRules.dateTime)
        try reader.finish()
        self.init(
            id: try reader.unwrap(id),
            name: try reader.unwrap(name),
            defaultAudiences: try reader.unwrap(defaultAudiences),
            defaultScopes: try reader.unwrap(defaultScopes),
            accessTokenTTL: accessTokenTTL,
            allowedIPs: allowedIPs,
            createdAt: try reader.unwrap(createdAt)
        )
    }

    package var json: JSONValue {
        var object = JSONObject([
            ("id", .string(id.description)),
            ("name", .string(name)),
            ("default_audiences", .strings(defaultAudiences)),
            ("default_scopes", .strings(defaultScopes)),
        ])
        object.set("access_token_ttl", accessTokenTTL, JSONValue.integer)
        object.set("allowed_ips", allowedIPs, JSONValue.strings)
        object["created_at"] = .date(createdAt)
        return .object(object)
    }
}
