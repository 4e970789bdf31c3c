import AdminAPI
import Administration
import OAuth
import Primitives

extension AdminEndpoint {
    func listAuditEvents(_ request: AdminRequest) async throws -> AdminAnswer {
        let query = try AdminQuery(
            request.query,
            known: ["limit", "cursor", "actor", "action", "target", "from", "to"]
        )
        let filter = AuditFilter(
            actor: try query.word("actor"),
            action: try query.word("action"),
            target: try query.word("target"),
            from: try query.date("from"),
            to: try query.date("to")
        )
        let page = try await administration.listAuditEvents(
            filter,
            page: try query.page { AuditEntry.parse(position: $0) != nil },
            by: request.administrator,
            at: request.now
        )
        return .ok(ListMessage(page, \.message.json).json)
    }

    func verifyAudit(_ request: AdminRequest) async throws -> AdminAnswer {
        let query = try AdminQuery(request.query, known: ["number", "hash"])
        let (chain, start) = try await administration.verifyAudit(
            witness: try query.auditWitness(),
            by: request.administrator,
            at: request.now
        )
        return .ok(chain.message(after: start).json)
    }
}

extension AdminQuery {
    /// What an event may say of itself: 1 to 1024 bytes.
    fileprivate func word(_ name: String) throws(Problem) -> String? {
        guard let text = self[name] else { return nil }
        guard !text.utf8.isEmpty, !text.utf8.contains(0) else {
            throw AdminProblem.invalidQuery("\(name) must not be empty")
        }
        return text
    }

    fileprivate func date(_ name: String) throws(Problem) -> NumericDate? {
        guard let text = self[name] else { return nil }
        guard let date = NumericDate(rfc3339: text) else {
            throw AdminProblem.invalidQuery("\(name) must be a time such as 2030-01-31T12:00:00Z")
        }
        return date
    }

    /// Both or neither: the number of an event, and at least 8 digits that its hash begins with.
    fileprivate func auditWitness() throws(Problem) -> (number: Int64, hash: [UInt8])? {
        guard let number = self["number"], let hash = self["hash"] else {
            guard self["number"] == nil, self["hash"] == nil else {
                throw AdminProblem.invalidQuery("number and hash belong together")
            }
            return nil
        }
        guard (1...18).contains(number.utf8.count),
            number.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let place = Int64(number), place > 0
        else { throw AdminProblem.invalidQuery("number must be the number of an event") }
        guard let bytes = Hexadecimal.decode(hash), (4...32).contains(bytes.count) else {
            throw AdminProblem.invalidQuery("hash must be 8 to 64 hexadecimal digits, two for each byte")
        }
        return (place, bytes)
    }
}
