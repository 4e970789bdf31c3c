package import Primitives

/// One page of a list: `{"items":[…],"next_cursor":…}`, the last one without `next_cursor`.
package struct ListMessage: Sendable {
    package var items: [JSONValue]
    /// What to ask for next; `nil` at the end.
    package var nextCursor: String?

    package init(items: [JSONValue], nextCursor: String?) {
        self.items = items
        self.nextCursor = nextCursor
    }

    /// - Throws: ``InvalidMessage`` when it is not a page.
    package init(parsing value: JSONValue) throws(InvalidMessage) {
        var reader = try MemberReader(value, known: nil)
        let items = reader.required("items", AnswerRules.array)
        nextCursor = reader.optional("next_cursor", FieldRules.string)
        try reader.finish()
        self.items = try reader.unwrap(items)
    }

    package var json: JSONValue {
        var object = JSONObject([("items", .array(items))])
        if let nextCursor { object["next_cursor"] = .string(nextCursor) }
        return .object(object)
    }
}
