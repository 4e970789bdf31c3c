package import OAuth
package import Primitives

/// What one key did on one day of UTC.
package struct UsageMessage: Sendable {
    package var key: KeyID
    package var name: String
    package var project: ProjectID
    /// Midnight at its beginning.
    package var day: NumericDate
    package var exchanges: Int64
    package var refreshes: Int64
    /// By reason, in the order of the names; only those that there were.
    package var denied: [(reason: String, count: Int64)]

    package init(
        key: KeyID,
        name: String,
        project: ProjectID,
        day: NumericDate,
        exchanges: Int64,
        refreshes: Int64,
        denied: [(reason: String, count: Int64)]
    ) {
        self.key = key
        self.name = name
        self.project = project
        self.day = day
        self.exchanges = exchanges
        self.refreshes = refreshes
        self.denied = denied
    }

    package var json: JSONValue {
        .object(
            JSONObject([
                ("key", .string(key.description)), ("name", .string(name)),
                ("project", .string(project.description)), ("day", .string(day.dayText)),
                ("exchanges", .number(JSONNumber(exchanges))), ("refreshes", .number(JSONNumber(refreshes))),
                ("denied", .object(JSONObject(denied.map { ($0.reason, .number(JSONNumber($0.count))) }))),
            ])
        )
    }

    /// Reads an answer of the server; members that this version does not know are passed over.
    ///
    /// - Throws: ``InvalidMessage`` when it is none.
    package init(parsing value: JSONValue) throws(InvalidMessage) {
        var reader = try MemberReader(value, known: nil)
        let key = reader.required("key", AnswerRules.key)
        let name = reader.required("name", FieldRules.string)
        let project = reader.required("project", AnswerRules.project)
        let day = reader.required("day", AnswerRules.day)
        let exchanges = reader.required("exchanges", AnswerRules.integer)
        let refreshes = reader.required("refreshes", AnswerRules.integer)
        let denied = reader.required("denied", FieldRules.object)
        try reader.finish()
        self.init(
            key: try reader.unwrap(key),
            name: try reader.unwrap(name),
            project: try reader.unwrap(project),
            day: try reader.unwrap(day),
            exchanges: Int64(try reader.unwrap(exchanges)),
            refreshes: Int64(try reader.unwrap(refreshes)),
            denied: try reader.unwrap(denied).members.map { ($0.name, $0.value.integer ?? 0) }
        )
    }
}

extension NumericDate {
    /// Its day in UTC, such as `2030-01-31`.
    package var dayText: String { String(decoding: rfc3339.utf8.prefix(10), as: UTF8.self) }

    /// Reads a day such as `2030-01-31`, as midnight at its beginning.
    package init?(day text: String) {
        guard text.utf8.count == 10 else { return nil }
        self.init(rfc3339: text + "T00:00:00Z")
    }
}

extension AnswerRules {
    static func day(_ value: JSONValue, _ pointer: String, _ mistakes: inout [FieldMistake]) -> NumericDate? {
        if let day = value.string.flatMap({ NumericDate(day: $0) }) { return day }
        mistakes.append(FieldMistake(pointer, "must be a day such as 2030-01-31"))
        return nil
    }
}
