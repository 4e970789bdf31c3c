package import Primitives

/// An entry of the catalogue of scopes, as the admin API shows it.
package struct ScopeMessage: Sendable {
    package var name: String
    package var description: String
    /// Part of the product: cannot be changed or deleted.
    package var isBuiltIn: Bool

    package init(name: String, description: String, isBuiltIn: Bool = false) {
        self.name = name
        self.description = description
        self.isBuiltIn = isBuiltIn
    }

    /// Whether `text` may be the name of a scope: `[A-Za-z0-9._:/-]{1,64}`, a part of what RFC 6749 §3.3 allows.
    package static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
                    UInt8(ascii: ":"),
                    UInt8(ascii: "/"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    /// Reads an answer of the server; members that this version does not know are passed over.
    ///
    /// - Throws: ``InvalidMessage`` when it is not a scope.
    package init(parsing value: JSONValue) throws(InvalidMessage) {
        var reader = try MemberReader(value, known: nil)
        let name = reader.required("name", FieldRules.string)
        let description = reader.required("description", FieldRules.string)
        let isBuiltIn = reader.required("built_in", AnswerRules.bool)
        try reader.finish()
        self.init(
            name: try reader.unwrap(name),
            description: try reader.unwrap(description),
            isBuiltIn: try reader.unwrap(isBuiltIn)
        )
    }

    package var json: JSONValue {
        .object(
            JSONObject([
                ("name", .string(name)), ("description", .string(description)),
                ("built_in", .bool(isBuiltIn)),
            ])
        )
    }
}

/// The body of `createScope`.
package struct ScopeCreation: Sendable {
    package var name: String
    package var description: String?

    package init(name: String, description: String? = nil) {
        self.name = name
        self.description = description
    }

    /// - Throws: ``InvalidMessage`` with every mistake.
    package init(parsing value: JSONValue) throws(InvalidMessage) {
        var reader = try MemberReader(value, known: ["name", "description"], readOnly: ["built_in"])
        let name = reader.required("name", FieldRules.scopeName)
        description = reader.optional("description", FieldRules.description)
        try reader.finish()
        self.name = try reader.unwrap(name)
    }
}

/// The body of `updateScope`: a merge patch (RFC 7396).
///
/// The name is the scope and stays.
package struct ScopePatch: Sendable {
    package var description = Member<String>.absent

    /// The patch that changes nothing.
    package init() {}

    /// - Throws: ``InvalidMessage`` with every mistake.
    package init(parsing value: JSONValue) throws(InvalidMessage) {
        var reader = try MemberReader(value, known: ["description"], readOnly: ["name", "built_in"])
        description = reader.member("description", FieldRules.description)
        try reader.finish()
    }
}
