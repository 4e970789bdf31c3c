import AdminAPI
import Administration
import AuthorizationServer

extension AdminEndpoint {
    func listAudiences(_ request: AdminRequest) async throws -> AdminAnswer {
        let query = try AdminQuery(request.query, known: ["limit", "cursor"])
        let page = try await administration.listAudiences(
            page: try query.page(AudienceMessage.isName),
            by: request.administrator,
            at: request.now
        )
        return .ok(ListMessage(page, \.message.json).json)
    }

    func createAudience(_ request: AdminRequest) async throws -> AdminAnswer {
        try request.requireNoQuery()
        let creation = try AudienceCreation(parsing: try request.json())
        let audience = try await administration.createAudience(
            creation,
            by: request.administrator,
            at: request.now
        )
        return .created(audience.message.json, in: "audiences", audience.name)
    }

    func getAudience(_ request: AdminRequest) async throws -> AdminAnswer {
        try request.requireNoQuery()
        let audience = try await administration.getAudience(
            try request.name(of: "audience"),
            by: request.administrator,
            at: request.now
        )
        return .ok(audience.message.json)
    }

    func updateAudience(_ request: AdminRequest) async throws -> AdminAnswer {
        try request.requireNoQuery()
        let patch = try AudiencePatch(parsing: try request.mergePatch())
        let audience = try await administration.updateAudience(
            try request.name(of: "audience"),
            patch,
            by: request.administrator,
            at: request.now
        )
        return .ok(audience.message.json)
    }

    func deleteAudience(_ request: AdminRequest) async throws -> AdminAnswer {
        try request.requireNoQuery()
        try await administration.deleteAudience(
            try request.name(of: "audience"),
            by: request.administrator,
            at: request.now
        )
        return .noContent
    }
}
