import AdminAPI
import Administration
import OAuth

extension AdminEndpoint {
    func listRoles(_ request: AdminRequest) async throws -> AdminAnswer {
        let query = try AdminQuery(request.query, known: ["limit", "cursor"])
        let page = try await administration.listRoles(
            page: try query.page(RoleMessage.isReference),
            by: request.administrator,
            at: request.now
        )
        return .ok(ListMessage(page, \.message.json).json)
    }

    func createRole(_ request: AdminRequest) async throws -> AdminAnswer {
        try request.requireNoQuery()
        let creation = try RoleCreation(parsing: try request.json())
        let role = try await administration.createRole(creation, by: request.administrator, at: request.now)
        return .created(role.message.json, in: "roles", role.id.description)
    }

    func getRole(_ request: AdminRequest) async throws -> AdminAnswer {
        try request.requireNoQuery()
        let role = try await administration.getRole(
            try request.name(of: "role"),
            by: request.administrator,
            at: request.now
        )
        return .ok(role.message.json)
    }

    func updateRole(_ request: AdminRequest) async throws -> AdminAnswer {
        try request.requireNoQuery()
        let patch = try RolePatch(parsing: try request.mergePatch())
        let role = try await administration.updateRole(
            try request.name(of: "role"),
            patch,
            by: request.administrator,
            at: request.now
        )
        return .ok(role.message.json)
    }

    func deleteRole(_ request: AdminRequest) async throws -> AdminAnswer {
        try request.requireNoQuery()
        try await administration.deleteRole(
            try request.name(of: "role"),
            by: request.administrator,
            at: request.now
        )
        return .noContent
    }
}
