import AdminAPI
import Administration
import OAuth
import Primitives

extension AdminEndpoint {
    func listKeys(_ request: AdminRequest) async throws -> AdminAnswer {
        let query = try AdminQuery(
            request.query,
            known: ["limit", "cursor", "status", "project", "name", "include_revoked"]
        )
        let filter = KeyFilter(
            name: try query.name("name"),
            status: try query.status(),
            includesRevoked: try query.flag("include_revoked")
        )
        let page = try await administration.listKeys(
            filter,
            project: try query.name("project"),
            page: try query.page { KeyID(parsing: $0) != nil },
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
