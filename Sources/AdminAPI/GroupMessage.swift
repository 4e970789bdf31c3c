package import OAuth
package import Primitives

/// A group of keys as the admin API shows it.
package struct GroupMessage: Sendable {
    package var id: GroupID
    /// As it stands in the claim `groups` (RFC 9068 §2.2.3.1).
    package var name: String
    package var description: String

    package init(id: GroupID, name: String, description: String) {
        self.id = id
        self.name = name
        self.description = description
    }

    /// Reads an answer of the server; members that this version does not know are passed over.
    ///
    /// - Throws: ``InvalidMessage`` when it is not a group.
    package init(parsing value: JSONValue) throws(InvalidMessage) {
        var reader = try MemberReader(value, known: nil)
        let id = reader.required("id", AnswerRules.group)
        let name = reader.required("name", FieldRules.string)
        let description = reader.required("description", FieldRules.string)
        try reader.finish()
        self.init(
            id: try reader.unwrap(id),
            name: try reader.unwrap(name),
            description: try reader.unwrap(description)
        )
    }

    package var json: JSONValue {
        .object(
            JSONObject([
                ("id", .string(id.description)), ("name", .string(name)),
                ("description", .string(description)),
            ])
        )
    }
}

private let settable = ["name", "description"]
private let groupName = FieldRules.name(beginningOtherThan: GroupKind.prefix + "_")

/// The body of `createGroup`; what is `nil` gets its default.
package struct GroupCreation: Sendable {
    package var name: String
    package var description: String?

    package init(name: String) { self.name = name }

    /// - Throws: ``InvalidMessage`` with every mistake.
    package init(parsing value: JSONValue) throws(InvalidMessage) {
        var reader = try MemberReader(value, known: settable, readOnly: ["id"])
        let name = reader.required("name", groupName)
        description = reader.optional("description", FieldRules.description)
        try reader.finish()
        self.name = try reader.unwrap(name)
    }
}

/// The body of `updateGroup`: a merge patch (RFC 7396).
package struct GroupPatch: Sendable {
    /// Cannot be taken away.
    package var name: String?
    package var description = Member<String>.absent

    /// The patch that changes nothing.
    package init() {}

    /// - Throws: ``InvalidMessage`` with every mistake.
    package init(parsing value: JSONValue) throws(InvalidMessage) {
        var reader = try MemberReader(value, known: settable, readOnly: ["id"])
        name = reader.lasting("name", groupName)
        description = reader.member("description", FieldRules.description)
        try reader.finish()
    }
}
