import AdminAPI
import Administration
import AuthorizationServer
import OAuth
import Primitives

extension AdminEndpoint {
    func listUsage(_ request: AdminRequest) async throws -> AdminAnswer {
        let query = try AdminQuery(request.query, known: ["limit", "cursor"] + UsageFilter.parameters)
        let page = try await administration.usage(
            try UsageFilter(query),
            project: try query.name("project"),
            page: try query.page { UsageRecord.position($0) != nil },
            by: request.administrator,
            at: request.now
        )
        return .ok(ListMessage(page) { $0.message.json }.json)
    }

    func exportUsage(_ request: AdminRequest) async throws -> AdminAnswer {
        let query = try AdminQuery(request.query, known: ["cursor"] + UsageFilter.parameters)
        var page = try query.page { UsageRecord.position($0) != nil }
        page.limit = usageRowLimit
        let usage = try await administration.usage(
            try UsageFilter(query),
            project: try query.name("project"),
            page: page,
            for: .exportUsage,
            by: request.administrator,
            at: request.now
        )
        let table = UsageTable(reasons: UsageDenial.allCases.map(\.rawValue))
        var body = page.after == nil ? table.header : []
        for record in usage.items { body += table.row(record.message) }
        var answer = AdminAnswer(
            status: 200,
            contentType: "text/csv; charset=utf-8; header=\(page.after == nil ? "present" : "absent")",
            body: body,
            location: nil
        )
        answer.next = usage.next.map { position in
            let cursor = String(decoding: Base64URL.encode(Array(position.utf8)), as: UTF8.self)
            let cursorItem = [(name: "cursor", value: cursor)]
            let kept = request.query.filter { !bytesEqual($0.name, "cursor") } + cursorItem
            return "/admin/v1/usage.csv?" + PercentEncoding.pairs(kept.map { ($0.name, $0.value) })
        }
        return answer
    }
}

extension UsageFilter {
    fileprivate static let parameters = ["key", "project", "from", "to"]

    /// - Throws: A ``Problem`` with status 400.
    fileprivate init(_ query: AdminQuery) throws(Problem) {
        self.init(from: try query.day("from"), to: try query.day("to"))
        if let text = query["key"] {
            guard let id = KeyID(parsing: text) else {
                throw AdminProblem.invalidQuery("key must be the id of a key (key_...)")
            }
            key = id
        }
        if let from, let to, to < from { throw AdminProblem.invalidQuery("to lies before from") }
    }
}

extension AdminQuery {
    /// - Throws: A ``Problem`` with status 400.
    fileprivate func day(_ name: String) throws(Problem) -> UsageDay? {
        guard let text = self[name] else { return nil }
        guard let date = NumericDate(day: text), date.seconds >= 0 else {
            throw AdminProblem.invalidQuery("\(name) must be a day such as 2030-01-31, of UTC, from 1970 on")
        }
        return UsageDay(of: date)
    }
}
