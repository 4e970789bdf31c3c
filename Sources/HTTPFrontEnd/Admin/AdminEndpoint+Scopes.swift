import AdminAPI
import Administration

extension AdminEndpoint {
    func listScopes(_ request: AdminRequest) async throws -> AdminAnswer {
        let query = try AdminQuery(request.query, known: ["limit", "cursor"])
        let page = try await administration.listScopes(
            page: try query.page(ScopeMessage.isName),
            by: request.administrator,
            at: request.now
        )
        return .ok(ListMessage(page, \.message.json).json)
    }

    func createScope(_ request: AdminRequest) async throws -> AdminAnswer {
        try request.requireNoQuery()
        let creation = try ScopeCreation(parsing: try request.json())
        let scope = try await administration.createScope(creation, by: request.administrator, at: request.now)
        return .created(scope.message.json, in: "scopes", scope.name)
    }

    func getScope(_ request: AdminRequest) async throws -> AdminAnswer {
        try request.requireNoQuery()
        let scope = try await administration.getScope(
            try request.name(of: "scope"),
            by: request.administrator,
            at: request.now
        )
        return .ok(scope.message.json)
    }

    func updateScope(_ request: AdminRequest) async throws -> AdminAnswer {
        try request.requireNoQuery()
        let patch = try ScopePatch(parsing: try request.mergePatch())
        let scope = try await administration.updateScope(
            try request.name(of: "scope"),
            patch,
            by: request.administrator,
            at: request.now
        )
        return .ok(scope.message.json)
    }

    func deleteScope(_ request: AdminRequest) async throws -> AdminAnswer {
        try request.requireNoQuery()
        try await administration.deleteScope(
            try request.name(of: "scope"),
            by: request.administrator,
            at: request.now
        )
        return .noContent
    }
}
