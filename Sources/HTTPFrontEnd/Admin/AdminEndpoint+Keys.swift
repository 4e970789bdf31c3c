import AdminAPI
import Administration
import OAuth
import Primitives

extension AdminEndpoint {
    func listKeys(_ request: AdminRequest) async throws -> AdminAnswer {
        let query = try AdminQuery(
            request.query,
            known: [
                "limit", "cursor", "sort", "status", "project", "name", "name_prefix", "owner", "scope",
                "role", "group", "audience", "include_revoked",
            ]
        )
        var filter = KeyFilter(
            name: try query.name("name"),
            status: try query.status(),
            includesRevoked: try query.flag("include_revoked")
        )
        filter.namePrefix = try query.name("name_prefix")
        filter.owner = try query.owner()
        filter.scope = try query.name("scope")
        filter.audience = try query.name("audience", upTo: AudienceMessage.maximumLength)
        let order = try query.order()
        let page = try await administration.listKeys(
            filter,
            project: try query.name("project"),
            role: try query.name("role"),
            group: try query.name("group"),
            order: order,
            page: try query.page { order.position(parsing: $0) != nil },
            by: request.administrator,
            at: request.now
        )
        return .ok(ListMessage(page) { $0.message(at: request.now).json }.json)
    }

    func createKey(_ request: AdminRequest) async throws -> AdminAnswer {
        try request.requireNoQuery()
        let creation = try KeyCreation(parsing: try request.json())
        let (key, secret) = try await administration.createKey(
            creation,
            by: request.administrator,
            at: request.now
        )
        let message = IssuedKeyMessage(key: key.message(at: request.now), secret: secret)
        return .created(message.json, in: "keys", key.id.description)
    }

    func getKey(_ request: AdminRequest) async throws -> AdminAnswer {
        try request.requireNoQuery()
        let key = try await administration.getKey(
            try request.keyID(),
            by: request.administrator,
            at: request.now
        )
        return .ok(key.message(at: request.now).json)
    }

    func updateKey(_ request: AdminRequest) async throws -> AdminAnswer {
        try request.requireNoQuery()
        let patch = try KeyPatch(parsing: try request.mergePatch())
        let key = try await administration.updateKey(
            try request.keyID(),
            patch,
            by: request.administrator,
            at: request.now
        )
        return .ok(key.message(at: request.now).json)
    }

    func deleteKey(_ request: AdminRequest) async throws -> AdminAnswer {
        try request.requireNoQuery()
        try await administration.deleteKey(try request.keyID(), by: request.administrator, at: request.now)
        return .noContent
    }

    func disableKey(_ request: AdminRequest) async throws -> AdminAnswer {
        try request.requireNoQuery()
        let key = try await administration.disableKey(
            try request.keyID(),
            by: request.administrator,
            at: request.now
        )
        return .ok(key.message(at: request.now).json)
    }

    func enableKey(_ request: AdminRequest) async throws -> AdminAnswer {
        try request.requireNoQuery()
        let key = try await administration.enableKey(
            try request.keyID(),
            by: request.administrator,
            at: request.now
        )
        return .ok(key.message(at: request.now).json)
    }
}

extension AdminRequest {
    func keyID() throws -> KeyID { try identifier(KeyKind.self, "key") }
}

extension AdminQuery {
    /// - Throws: A ``Problem`` with status 400.
    fileprivate func owner() throws(Problem) -> KeyID? {
        guard let text = self["owner"] else { return nil }
        guard let id = KeyID(parsing: text) else {
            throw AdminProblem.invalidQuery("owner must be the id of a key")
        }
        return id
    }

    /// - Throws: A ``Problem`` with status 400 for a field that lists are not sorted by.
    fileprivate func order() throws(Problem) -> KeyOrder {
        guard let text = self["sort"] else { return .byCreation }
        guard let order = KeyOrder(parsing: text) else {
            let words = KeyOrder.Field.allCases.map(\.rawValue).flatMap { [$0, "-" + $0] }
            throw AdminProblem.invalidQuery("sort must be one of \(words.joined(separator: ", "))")
        }
        return order
    }
}
