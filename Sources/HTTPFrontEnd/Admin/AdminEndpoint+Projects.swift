import AdminAPI
import Administration
import OAuth

extension AdminEndpoint {
    func listProjects(_ request: AdminRequest) async throws -> AdminAnswer {
        let query = try AdminQuery(request.query, known: ["limit", "cursor"])
        let page = try await administration.listProjects(
            page: try query.page { ProjectID(parsing: $0) != nil },
            by: request.administrator,
            at: request.now
        )
        return .ok(ListMessage(page, \.message.json).json)
    }

    func createProject(_ request: AdminRequest) async throws -> AdminAnswer {
        try request.requireNoQuery()
        let creation = try ProjectCreation(parsing: try request.json())
        let project = try await administration.createProject(
            creation,
            by: request.administrator,
            at: request.now
        )
        return .created(project.message.json, in: "projects", project.id.description)
    }

    func getProject(_ request: AdminRequest) async throws -> AdminAnswer {
        try request.requireNoQuery()
        let project = try await administration.getProject(
            try request.projectID(),
            by: request.administrator,
            at: request.now
        )
        return .ok(project.message.json)
    }

    func updateProject(_ request: AdminRequest) async throws -> AdminAnswer {
        try request.requireNoQuery()
        let patch = try ProjectPatch(parsing: try request.mergePatch())
        let project = try await administration.updateProject(
            try request.projectID(),
            patch,
            by: request.administrator,
            at: request.now
        )
        return .ok(project.message.json)
    }

    func deleteProject(_ request: AdminRequest) async throws -> AdminAnswer {
        try request.requireNoQuery()
        try await administration.deleteProject(
            try request.projectID(),
            by: request.administrator,
            at: request.now
        )
        return .noContent
    }
}

extension AdminRequest {
    fileprivate func projectID() throws -> ProjectID { try identifier(ProjectKind.self, "project") }
}
