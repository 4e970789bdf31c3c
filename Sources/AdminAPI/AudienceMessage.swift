package import Primitives

/// A registered audience as the admin API shows it: how tokens for this resource server are to look.
package struct AudienceMessage: Sendable {
    package static let types = ["at+jwt", "JWT"]
    /// Bytes of a name as it stands in JSON, without quotes.
    package static let maximumLength = 512

    package var name: String
    /// The JOSE header `typ`: `at+jwt` (RFC 9068 §2.1) or `JWT`.
    package var typ: String
    /// The JWS algorithm; `nil` for the server's default.
    package var alg: String?

    package init(name: String, typ: String, alg: String?) {
        self.name = name
        self.typ = typ
        self.alg = alg
    }

    /// Whether `text` may be a value of `aud`: 1 to 512 of %x21-7E, where a character that JSON escapes is two.
    package static func isName(_ text: String) -> Bool {
        guard (1...maximumLength).contains(text.utf8.count), isVisibleASCII(text) else { return false }
        return JSONValue.string(text).serialized.count <= maximumLength + 2
    }

    /// Reads an answer of the server; members that this version does not know are passed over.
    ///
    /// - Throws: ``InvalidMessage`` when it is not an audience.
    package init(parsing value: JSONValue) throws(InvalidMessage) {
        var reader = try MemberReader(value, known: nil)
        let name = reader.required("name", FieldRules.string)
        let typ = reader.required("typ", FieldRules.string)
        let alg = reader.optional("alg", FieldRules.string)
        try reader.finish()
        self.init(name: try reader.unwrap(name), typ: try reader.unwrap(typ), alg: alg)
    }

    package var json: JSONValue {
        var object = JSONObject([("name", .string(name)), ("typ", .string(typ))])
        object.set("alg", alg, JSONValue.string)
        return .object(object)
    }
}

/// The body of `createAudience`; what is `nil` gets its default.
package struct AudienceCreation: Sendable {
    package var name: String
    /// `at+jwt` when there is none.
    package var typ: String?
    package var alg: String?

    package init(name: String, typ: String? = nil, alg: String? = nil) {
        self.name = name
        self.typ = typ
        self.alg = alg
    }

    /// - Throws: ``InvalidMessage`` with every mistake that can be seen without the configuration.
    package init(parsing value: JSONValue) throws(InvalidMessage) {
        var reader = try MemberReader(value, known: ["name", "typ", "alg"])
        let name = reader.required("name", FieldRules.audienceName)
        typ = reader.optional("typ", FieldRules.one(of: AudienceMessage.types))
        alg = reader.optional("alg", FieldRules.text(from: 1, to: 16))
        try reader.finish()
        self.name = try reader.unwrap(name)
    }
}

/// The body of `updateAudience`: a merge patch (RFC 7396).
///
/// The name is the audience and stays.
package struct AudiencePatch: Sendable {
    package var typ = Member<String>.absent
    package var alg = Member<String>.absent

    /// The patch that changes nothing.
    package init() {}

    /// - Throws: ``InvalidMessage`` with every mistake that can be seen without the configuration.
    package init(parsing value: JSONValue) throws(InvalidMessage) {
        var reader = try MemberReader(value, known: ["typ", "alg"], readOnly: ["name"])
        typ = reader.member("typ", FieldRules.one(of: AudienceMessage.types))
        alg = reader.member("alg", FieldRules.text(from: 1, to: 16))
        try reader.finish()
    }
}
