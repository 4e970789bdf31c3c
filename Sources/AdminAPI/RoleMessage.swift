package import OAuth
package import Primitives

/// A role as the admin API shows it.
package struct RoleMessage: Sendable {
    package var id: RoleID
    /// As it stands in the claim `roles` (RFC 9068 §2.2.3.1).
    package var name: String
    package var description: String
    /// What it brings to the keys that have it.
    package var scopes: [String]

    package init(id: RoleID, name: String, description: String, scopes: [String]) {
        self.id = id
        self.name = name
        self.description = description
        self.scopes = scopes
    }

    /// Whether `text` may be a role's or a group's name, or its identifier: `[A-Za-z0-9._:/-]{1,64}`.
    package static func isReference(_ text: String) -> Bool { ScopeMessage.isName(text) }

    /// Reads an answer of the server; members that this version does not know are passed over.
    ///
    /// - Throws: ``InvalidMessage`` when it is not a role.
    package init(parsing value: JSONValue) throws(InvalidMessage) {
        var reader = try MemberReader(value, known: nil)
        let id = reader.required("id", AnswerRules.role)
        let name = reader.required("name", FieldRules.string)
        let description = reader.required("description", FieldRules.string)
        let scopes = reader.required("scopes", AnswerRules.strings)
        try reader.finish()
        self.init(
            id: try reader.unwrap(id),
            name: try reader.unwrap(name),
            description: try reader.unwrap(description),
            scopes: try reader.unwrap(scopes)
        )
    }

    package var json: JSONValue {
        .object(
            JSONObject([
                ("id", .string(id.description)), ("name", .string(name)),
                ("description", .string(description)), ("scopes", .strings(scopes)),
            ])
        )
    }
}

private let settable = ["name", "description", "scopes"]
private let roleName = FieldRules.name(beginningOtherThan: RoleKind.prefix + "_")

/// The body of `createRole`; what is `nil` gets its default.
package struct RoleCreation: Sendable {
    package var name: String
    package var description: String?
    package var scopes: [String]?

    package init(name: String) { self.name = name }

    /// - Throws: ``InvalidMessage`` with every mistake that can be seen without the database.
    package init(parsing value: JSONValue) throws(InvalidMessage) {
        var reader = try MemberReader(value, known: settable, readOnly: ["id"])
        let name = reader.required("name", roleName)
        description = reader.optional("description", FieldRules.description)
        scopes = reader.optional("scopes", KeyFields.scopes)
        try reader.finish()
        self.name = try reader.unwrap(name)
    }
}

/// The body of `updateRole`: a merge patch (RFC 7396).
package struct RolePatch: Sendable {
    /// Cannot be taken away.
    package var name: String?
    package var description = Member<String>.absent
    package var scopes = Member<[String]>.absent

    /// The patch that changes nothing.
    package init() {}

    /// - Throws: ``InvalidMessage`` with every mistake that can be seen without the database.
    package init(parsing value: JSONValue) throws(InvalidMessage) {
        var reader = try MemberReader(value, known: settable, readOnly: ["id"])
        name = reader.lasting("name", roleName)
        description = reader.member("description", FieldRules.description)
        scopes = reader.member("scopes", KeyFields.scopes)
        try reader.finish()
    }
}
