package import Primitives

/// A problem document: why the admin API did not do what was asked (RFC 9457).
package struct Problem: Error, Sendable {
    package static let contentType = "application/problem+json"
    package static let typePrefix = "urn:tokenbooth:problem:"

    /// The last part of `type`, such as `not-found`.
    package var slug: String
    /// The same for every problem of this type.
    package var title: String
    /// The HTTP status code.
    package var status: Int
    /// What is the matter this time, and what to do.
    package var detail: String
    package var requestID: String?
    /// The mistakes of the request's body.
    package var errors: [FieldMistake]

    package init(
        slug: String,
        title: String,
        status: Int,
        detail: String,
        requestID: String? = nil,
        errors: [FieldMistake] = []
    ) {
        self.slug = slug
        self.title = title
        self.status = status
        self.detail = detail
        self.requestID = requestID
        self.errors = errors
    }

    /// Reads an answer of the server; a foreign `type` is kept as it stands.
    ///
    /// - Throws: ``InvalidMessage`` when it is not a problem document.
    package init(parsing value: JSONValue) throws(InvalidMessage) {
        var reader = try MemberReader(value, known: nil)
        let type = reader.optional("type", FieldRules.string) ?? "about:blank"
        let title = reader.optional("title", FieldRules.string)
        let status = reader.required("status", AnswerRules.integer)
        let detail = reader.optional("detail", FieldRules.string)
        requestID = reader.optional("request_id", FieldRules.string)
        let entries = reader.optional("errors", AnswerRules.array) ?? []
        try reader.finish()
        let isOurs = type.utf8.starts(with: Self.typePrefix.utf8)
        slug =
            isOurs ? String(decoding: type.utf8.dropFirst(Self.typePrefix.utf8.count), as: UTF8.self) : type
        self.title = title ?? ""
        self.status = try reader.unwrap(status)
        self.detail = detail ?? ""
        errors = entries.compactMap(FieldMistake.init(json:))
    }

    package var json: JSONValue {
        var object = JSONObject([
            ("type", .string(Self.typePrefix + slug)),
            ("title", .string(title)),
            ("status", .integer(status)),
            ("detail", .string(detail)),
        ])
        object.add("request_id", requestID, JSONValue.string)
        guard !errors.isEmpty else { return .object(object) }
        object["errors"] = .array(errors.map(\.json))
        return .object(object)
    }
}
