import AdminAPI
import Administration
import OAuth
import Primitives

extension AdminEndpoint {
    func rotateKey(_ request: AdminRequest) async throws -> AdminAnswer {
        try request.requireNoQuery()
        let order = try KeyRotationOrder(parsing: try request.optionalJSON())
        let (key, secret) = try await administration.rotateKey(
            try request.keyID(),
            order,
            by: request.administrator,
            at: request.now
        )
        return .ok(IssuedKeyMessage(key: key.message(at: request.now), secret: secret).json)
    }

    func updateKeyRotation(_ request: AdminRequest) async throws -> AdminAnswer {
        try request.requireNoQuery()
        let patch = try KeyRotationPatch(parsing: try request.json())
        let key = try await administration.updateKeyRotation(
            try request.keyID(),
            patch,
            by: request.administrator,
            at: request.now
        )
        return .ok(key.message(at: request.now).json)
    }

    func lookupKey(_ request: AdminRequest) async throws -> AdminAnswer {
        try request.requireNoQuery()
        let lookup = try KeyLookup(parsing: try request.json())
        let key = try await administration.lookupKey(
            lookup.secret,
            by: request.administrator,
            at: request.now
        )
        return .ok(key.message(at: request.now).json)
    }
}
