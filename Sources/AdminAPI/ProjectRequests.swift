package import Primitives

private let settable = ["name", "default_audiences", "default_scopes", "access_token_ttl", "allowed_ips"]
private let readOnly = ["id", "created_at"]

/// The body of `createProject`; what is `nil` gets its default.
package struct ProjectCreation: Sendable {
    package var name: String
    package var defaultAudiences: [String]?
    package var defaultScopes: [String]?
    package var accessTokenTTL: Int?
    package var allowedIPs: [String]?

    package init(name: String) { self.name = name }

    /// - Throws: ``InvalidMessage`` with every mistake that can be seen without the database.
    package init(parsing value: JSONValue) throws(InvalidMessage) {
        var reader = try MemberReader(value, known: settable, readOnly: readOnly)
        let name = reader.required("name", FieldRules.projectName)
        defaultAudiences = reader.optional("default_audiences", KeyFields.audiences)
        defaultScopes = reader.optional("default_scopes", KeyFields.scopes)
        accessTokenTTL = reader.optional("access_token_ttl", FieldRules.lifetime)
        allowedIPs = reader.optional("allowed_ips", KeyFields.allowedIPs)
        try reader.finish()
        self.name = try reader.unwrap(name)
    }
}

/// The body of `updateProject`: a merge patch (RFC 7396).
///
/// `null` empties a list and takes away the rest.
package struct ProjectPatch: Sendable {
    /// Cannot be taken away.
    package var name: String?
    package var defaultAudiences = Member<[String]>.absent
    package var defaultScopes = Member<[String]>.absent
    package var accessTokenTTL = Member<Int>.absent
    package var allowedIPs = Member<[String]>.absent

    /// The patch that changes nothing.
    package init() {}

    /// - Throws: ``InvalidMessage`` with every mistake that can be seen without the database.
    package init(parsing value: JSONValue) throws(InvalidMessage) {
        var reader = try MemberReader(value, known: settable, readOnly: readOnly)
        name = reader.lasting("name", FieldRules.projectName)
        defaultAudiences = reader.member("default_audiences", KeyFields.audiences)
        defaultScopes = reader.member("default_scopes", KeyFields.scopes)
        accessTokenTTL = reader.member("access_token_ttl", FieldRules.lifetime)
        allowedIPs = reader.member("allowed_ips", KeyFields.allowedIPs)
        try reader.finish()
    }
}
