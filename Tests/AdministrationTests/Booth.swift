import AdminAPI
import Administration
import AuthorizationServer
import OAuth
import Primitives
import SQLiteStore

/// An installation in memory, as its first start leaves it.
struct Booth {
    static let limits = AdministrationLimits(
        algorithms: ["ES256", "EdDSA"],
        maximumTokenLifetime: 1800,
        tokenSize: TokenSizeBound(issuerLength: 21, signatureLength: 64)
    )

    let store: SQLiteStore
    let administration: Administration
    let identifiers = IdentifierGenerator()
    /// The root key with all that it holds.
    let root: Administrator
    let project: ProjectID
    let now = NumericDate(1_800_000_000)

    init() async throws {
        store = try SQLiteStore.inMemory()
        administration = Administration(store: store, limits: Self.limits, identifiers: identifiers)
        project = ProjectID(identifiers.next(at: now))
        root = Administrator(
            id: KeyID(identifiers.next(at: now)),
            scopes: BuiltInScopes.administration
        )
        try await store.install(
            Installation(refreshSecretID: Array(repeating: 7, count: 8), createdAt: now, signingKeys: []),
            project: InitialProject(id: project, name: "default", defaultAudience: "http://127.0.0.1:8080"),
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

    /// A new key, made by `creator` (root when there is none), and its administrator.
    func administrator(
        _ role: String?,
        scopes: [String] = BuiltInScopes.administration,
        audiences: [String] = [],
        claims: String = "{}",
        by creator: Administrator? = nil
    ) async throws -> Administrator {
        var creation = KeyCreation(name: "administrator")
        creation.scopes = scopes
        creation.audiences = [AudienceRecord.administration] + audiences
        creation.adminRole = role
        creation.claims = try json(claims).object
        let key = try await create(creation, by: creator)
        return Administrator(id: key.id, scopes: scopes)
    }

    func create(_ creation: KeyCreation, by creator: Administrator? = nil) async throws -> KeyRecord {
        try await administration.createKey(creation, by: creator ?? root, at: now).key
    }

    /// From the JSON that an administrator would send.
    func create(_ body: String, by creator: Administrator? = nil) async throws -> KeyRecord {
        try await create(try KeyCreation(parsing: try json(body)), by: creator)
    }

    func update(
        _ id: KeyID,
        _ body: String,
        by administrator: Administrator? = nil,
        at date: NumericDate? = nil
    ) async throws -> KeyRecord {
        try await administration.updateKey(
            id,
            try KeyPatch(parsing: try json(body)),
            by: administrator ?? root,
            at: date ?? now
        )
    }

    /// - Parameter moment: When this is asked, in seconds after ``now``.
    func rotate(
        _ id: KeyID,
        grace: Int = 3600,
        at moment: Int64 = 0,
        by administrator: Administrator? = nil
    ) async throws -> (key: KeyRecord, secret: APIKey) {
        try await administration.rotateKey(
            id,
            KeyRotationOrder(grace: grace),
            by: administrator ?? root,
            at: now.advanced(by: moment)
        )
    }

    /// Has the secret before the last rotation end at another time.
    ///
    /// - Parameters:
    ///   - end: Seconds after ``now``.
    ///   - moment: When this is asked, likewise.
    func moveEnd(
        _ id: KeyID,
        to end: Int64,
        at moment: Int64 = 0,
        by administrator: Administrator? = nil
    ) async throws -> KeyRecord {
        let end = now.advanced(by: end).rfc3339
        return try await administration.updateKeyRotation(
            id,
            KeyRotationPatch(parsing: json(#"{"previous_expires_at":"\#(end)"}"#)),
            by: administrator ?? root,
            at: now.advanced(by: moment)
        )
    }

    func addScope(_ name: String) async throws {
        _ = try await administration.createScope(ScopeCreation(name: name), by: root, at: now)
    }

    func stored(_ id: KeyID) async throws -> String {
        let record = try await store.read { try $0.key(id) }
        return record.map { String(decoding: $0.message(at: now).json.serialized, as: UTF8.self) } ?? "none"
    }
}

func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

/// What came of it, in a word or two: `done`, or the refusal and the pointers of its mistakes.
func outcome<Value>(_ action: () async throws -> Value) async throws -> String {
    do {
        _ = try await action()
        return "done"
    } catch let refusal as AdminRefusal {
        switch refusal {
        case .invalidInput(let mistakes):
            return (["invalid"] + mistakes.map(\.pointer)).joined(separator: " ")
        case .notHeld(let mistakes): return (["not held"] + mistakes.map(\.pointer)).joined(separator: " ")
        case .missingScope: return "no scope"
        case .notFound: return "not found"
        case .conflict: return "conflict"
        case .preconditionFailed: return "precondition failed"
        case .reusedIdempotencyKey: return "reused key"
        }
    } catch let invalid as InvalidMessage {
        return (["unreadable"] + invalid.mistakes.map(\.pointer)).joined(separator: " ")
    }
}
