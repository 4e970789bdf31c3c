import AdminAPI
import Administration
import OAuth

extension AdminEndpoint {
    func listGroups(_ request: AdminRequest) async throws -> AdminAnswer {
        let query = try AdminQuery(request.query, known: ["limit", "cursor"])
        let page = try await administration.listGroups(
            page: try query.page(RoleMessage.isReference),
            by: request.administrator,
            at: request.now
        )
        return .ok(ListMessage(page, \.message.json).json)
    }

    func createGroup(_ request: AdminRequest) async throws -> AdminAnswer {
        try request.requireNoQuery()
        let creation = try GroupCreation(parsing: try request.json())
        let group = try await administration.createGroup(creation, by: request.administrator, at: request.now)
        return .created(group.message.json, in: "groups", group.id.description)
    }

    func getGroup(_ request: AdminRequest) async throws -> AdminAnswer {
        try request.requireNoQuery()
        let group = try await administration.getGroup(
            try request.name(of: "group"),
            by: request.administrator,
            at: request.now
        )
        return .ok(group.message.json)
    }

    func updateGroup(_ request: AdminRequest) async throws -> AdminAnswer {
        try request.requireNoQuery()
        let patch = try GroupPatch(parsing: try request.mergePatch())
        let group = try await administration.updateGroup(
            try request.name(of: "group"),
            patch,
            by: request.administrator,
            at: request.now
        )
        return .ok(group.message.json)
    }

    func deleteGroup(_ request: AdminRequest) async throws -> AdminAnswer {
        try request.requireNoQuery()
        try await administration.deleteGroup(
            try request.name(of: "group"),
            by: request.administrator,
            at: request.now
        )
        return .noContent
    }
}
