package import OAuth
package import Primitives

/// What has become of one row of an import, or would become of it.
package struct KeyImportResult: Sendable {
    package enum Outcome: String, Sendable, CaseIterable {
        case created
        /// A key like it is there already.
        case unchanged
        /// Another key has its identifier or its secret: an import changes none.
        case conflict
        case refused
    }

    /// From 1, in the body.
    package var line: Int
    /// `nil` where the row does not say one.
    package var id: KeyID?
    package var outcome: Outcome
    package var mistakes: [FieldMistake]

    package init(line: Int, id: KeyID?, outcome: Outcome, mistakes: [FieldMistake] = []) {
        self.line = line
        self.id = id
        self.outcome = outcome
        self.mistakes = mistakes
    }

    package var json: JSONValue {
        var object = JSONObject([("line", .integer(line))])
        object.set("id", id) { .string($0.description) }
        object["result"] = .string(outcome.rawValue)
        if !mistakes.isEmpty { object["errors"] = .array(mistakes.map(\.json)) }
        return .object(object)
    }

    /// Reads an answer of the server.
    ///
    /// - Throws: ``InvalidMessage`` when it is no result.
    package init(parsing value: JSONValue) throws(InvalidMessage) {
        var reader = try MemberReader(value, known: nil)
        let line = reader.required("line", AnswerRules.integer)
        let result = reader.required(
            "result",
            FieldRules.one(of: Outcome.allCases.map(\.rawValue))
        )
        let id = reader.optional("id", AnswerRules.key)
        let errors = reader.optional("errors", AnswerRules.array) ?? []
        try reader.finish()
        guard let outcome = try Outcome(rawValue: reader.unwrap(result)) else { throw InvalidMessage([]) }
        self.init(
            line: try reader.unwrap(line),
            id: id,
            outcome: outcome,
            mistakes: errors.compactMap(FieldMistake.init(json:))
        )
    }
}

/// The answer to an import: every row's result in order, and how many there are of each.
package struct KeyImportReport: Sendable {
    package var isDryRun: Bool
    package var results: [KeyImportResult]

    package init(isDryRun: Bool, results: [KeyImportResult]) {
        self.isDryRun = isDryRun
        self.results = results
    }

    package func count(_ outcome: KeyImportResult.Outcome) -> Int { results.count { $0.outcome == outcome } }

    package var counts: JSONObject {
        var object = JSONObject()
        object["created"] = .integer(count(.created))
        object["unchanged"] = .integer(count(.unchanged))
        object["conflicts"] = .integer(count(.conflict))
        object["refused"] = .integer(count(.refused))
        return object
    }

    package var json: JSONValue {
        var object = JSONObject([("dry_run", .bool(isDryRun))])
        object.members += counts.members
        object["results"] = .array(results.map(\.json))
        return .object(object)
    }

    /// Reads an answer of the server.
    ///
    /// - Throws: ``InvalidMessage`` when it is no report.
    package init(parsing value: JSONValue) throws(InvalidMessage) {
        var reader = try MemberReader(value, known: nil)
        let isDryRun = reader.required("dry_run", AnswerRules.bool)
        let rows = reader.required("results", AnswerRules.array)
        try reader.finish()
        var results: [KeyImportResult] = []
        for row in try reader.unwrap(rows) { results.append(try KeyImportResult(parsing: row)) }
        self.init(isDryRun: try reader.unwrap(isDryRun), results: results)
    }
}
