import AdminAPI
import Administration
import AuthorizationServer
import HTTPFrontEnd
import OAuth
import Primitives
import SQLiteStore

/// The admin endpoint over an installation in memory, asked by its root key unless said otherwise.
struct AdminDesk {
    let endpoint: AdminEndpoint
    let root: Administrator
    let now = NumericDate(1_800_000_000)
    let store: SQLiteStore

    init(usageRowLimit: Int = 10_000) async throws {
        store = try SQLiteStore.inMemory()
        let identifiers = IdentifierGenerator()
        let limits = AdministrationLimits(
            algorithms: ["ES256"],
            tokenSize: TokenSizeBound(issuerLength: 21, signatureLength: 64)
        )
        endpoint = AdminEndpoint(
            Administration(store: store, limits: limits, identifiers: identifiers),
            usageRowLimit: usageRowLimit
        )
        root = Administrator(
            id: KeyID(identifiers.next(at: now)),
            scopes: BuiltInScopes.administration
        )
        try await store.install(
            Installation(refreshSecretID: Array(repeating: 7, count: 8), createdAt: now, signingKeys: []),
            project: InitialProject(
                id: ProjectID(identifiers.next(at: now)),
                name: "default",
                defaultAudience: "http://127.0.0.1:8080"
            ),
            rootKey: InitialKey(
                id: root.id,
                name: "root",
                key: .generate(),
                createdAt: now,
                scopes: root.scopes,
                allowedAddresses: ["127.0.0.0/8", "::1"]
            )
        )
    }

    func ask(
        _ operation: AdminOperation,
        _ target: String? = nil,
        query: [(String, String)] = [],
        type: String?? = nil,
        body: String = "",
        caller: KeyID? = nil,
        scopes: [String]? = nil
    ) async throws -> AdminAnswer {
        let standard =
            operation.rawValue.hasPrefix("update") ? "application/merge-patch+json" : "application/json"
        let request = AdminRequest(
            target: target,
            query: query.map { (name: $0.0, value: $0.1) },
            contentType: type ?? standard,
            body: Array(body.utf8),
            administrator: Administrator(id: caller ?? root.id, scopes: scopes ?? root.scopes),
            now: now,
            requestID: "req-1"
        )
        return try await endpoint.perform(operation, request)
    }

    func json(_ answer: AdminAnswer) throws -> JSONValue { try JSONValue(parsing: answer.body) }

    /// The items of a list as text.
    func items(_ answer: AdminAnswer) throws -> [String] {
        try ListMessage(parsing: try json(answer)).items.map {
            String(decoding: $0.serialized, as: UTF8.self)
        }
    }
}
