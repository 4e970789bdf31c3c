import AdminAPI
import Administration
import Primitives

extension AdminEndpoint {
    func listSigningKeys(_ request: AdminRequest) async throws -> AdminAnswer {
        let query = try AdminQuery(request.query, known: ["limit", "cursor", "include_removed"])
        let page = try await administration.listSigningKeys(
            page: try query.page(SigningKeyMessage.isKeyID),
            includesRemoved: try query.flag("include_removed"),
            by: request.administrator,
            at: request.now
        )
        return .ok(ListMessage(page, \.json).json)
    }

    func getSigningKey(_ request: AdminRequest) async throws -> AdminAnswer {
        try request.requireNoQuery()
        let key = try await administration.getSigningKey(
            try request.name(of: "signing key"),
            by: request.administrator,
            at: request.now
        )
        return .ok(key.json)
    }

    func rotateSigningKeys(_ request: AdminRequest) async throws -> AdminAnswer {
        try request.requireNoQuery()
        let rotation = try SigningKeyRotation(parsing: try request.optionalJSON())
        let keys = try await administration.rotateSigningKeys(
            rotation,
            by: request.administrator,
            at: request.now
        )
        return .ok(ListMessage(items: keys.map(\.json), nextCursor: nil).json)
    }

    func revokeSigningKey(_ request: AdminRequest) async throws -> AdminAnswer {
        try request.requireNoQuery()
        let revocation = try SigningKeyRevocation(parsing: try request.optionalJSON())
        let revoked = try await administration.revokeSigningKey(
            try request.name(of: "signing key"),
            revocation,
            by: request.administrator,
            at: request.now
        )
        return .ok(revoked.json)
    }
}
