import AdminAPI
import AuthorizationServer
package import OAuth
import Primitives

/// Who asks: a key that has been authenticated, and the scopes of the token or key that was presented.
package struct Administrator: Sendable {
    package var id: KeyID
    package var scopes: [String]
    package var request: RequestFacts

    package init(id: KeyID, scopes: [String], request: RequestFacts = RequestFacts()) {
        self.id = id
        self.scopes = scopes
        self.request = request
    }

    /// Whether the credential opens the operation; the key as it stands may yet say no.
    package func mayCall(_ operation: AdminOperation) -> Bool {
        scopes.contains { bytesEqual($0, operation.scope) }
    }
}

/// What an administrator may do: the rights of the credential *and* of the key as it stands in this transaction.
///
/// The scope opens the operation. On keys, super admins reach all; admins see those that they created and
/// themselves, and change those that they created, unless one is a super admin by now; all others are not
/// there for them, and neither is their usage. Projects, scopes, roles, groups and audiences are everybody's:
/// whoever has the scope and any `admin_role` reaches them, but what would change other people's keys, such as
/// the name of a role that keys have, is for super admins. So are signing keys, backups, exports and imports;
/// of the audit trail admins see what they did themselves. Without an `admin_role` nothing is there at all. And
/// nobody gives what they do not hold, where super admins hold everything and a credential with fewer scopes
/// than its key holds only those.
struct Standing {
    let id: KeyID
    let role: AdminRole?
    private let project: ProjectID
    let request: RequestFacts
    let now: NumericDate
    let notes = AuditNotes()
    private let scopes: Set<ByteString>
    private let roles: Set<RoleID>
    private let groups: Set<GroupID>
    private let audiences: [String]
    private let claims: JSONObject
    private let exchangeable: [String]

    /// - Throws: ``AdminRefusal/missingScope(_:)`` when credential or key do not open the operation, or the key
    ///   is no longer live or no longer one for the admin API.
    init(
        of administrator: Administrator,
        for operation: AdminOperation,
        in reader: any AdminReader,
        at now: NumericDate
    ) throws {
        guard let key = try reader.key(administrator.id), key.status(at: now) == .active,
            key.audiences.contains(where: isAdministration)
        else { throw AdminRefusal.missingScope(operation.scope) }
        // What opens an operation is the key's own: roles give nothing here.
        guard administrator.mayCall(operation),
            key.scopes.contains(where: { bytesEqual($0, operation.scope) })
        else { throw AdminRefusal.missingScope(operation.scope) }
        scopes = Set(administrator.scopes.map(ByteString.init))
            .intersection(key.heldScopes.map(ByteString.init))
        roles = Set(key.roles.map(\.id))
        groups = Set(key.groups.map(\.id))
        id = key.id
        role = key.adminRole
        project = key.project
        request = administrator.request
        self.now = now
        audiences = key.audiences
        claims = key.claims
        exchangeable = key.mayExchange
    }

    func sees(_ key: KeyRecord) -> Bool {
        switch role {
        case .superAdmin: true
        case .admin: key.id == id || key.owner == id
        case nil: false
        }
    }

    func changes(_ key: KeyRecord) -> Bool {
        switch role {
        case .superAdmin: true
        case .admin: key.id != id && key.owner == id && key.adminRole != .superAdmin
        case nil: false
        }
    }

    /// - Throws: ``AdminRefusal/notHeld(_:)`` without an `admin_role`.
    func mayCreate() throws {
        guard role != nil else {
            throw AdminRefusal.notHeld([
                FieldMistake("", "your key has no admin_role, so it can create nothing")
            ])
        }
    }

    /// - Throws: ``AdminRefusal/notHeld(_:)`` in these words for whoever is no super admin.
    func requireSuperAdmin(_ detail: String) throws {
        guard role == .superAdmin else { throw AdminRefusal.notHeld([FieldMistake("", detail)]) }
    }

    /// - Throws: ``AdminRefusal/notFound(_:)`` without an `admin_role`.
    func mayReach(_ what: String) throws {
        guard role != nil else { throw AdminRefusal.notFound(what) }
    }

    func holds(scope: String) -> Bool { role == .superAdmin || scopes.contains(ByteString(scope)) }

    func holds(audience: String) -> Bool {
        role == .superAdmin || !isAdministration(audience) && audiences.contains { bytesEqual($0, audience) }
    }

    /// The same name with the same value, as JSON text.
    func holds(claim name: String, _ value: JSONValue) -> Bool {
        role == .superAdmin || claims[name].map { $0.serialized == value.serialized } == true
    }

    /// - Parameter name: The identifier of a key or a project.
    func mayExchange(_ name: String) -> Bool {
        role == .superAdmin || exchangeable.contains { bytesEqual($0, name) }
    }

    /// Whether it has the role, and its credential every scope that the role brings.
    func holds(_ asked: RoleRecord) -> Bool {
        role == .superAdmin || roles.contains(asked.id) && asked.scopes.allSatisfy(holds(scope:))
    }

    func holds(_ asked: GroupRecord) -> Bool { role == .superAdmin || groups.contains(asked.id) }

    func holds(role asked: AdminRole) -> Bool { role == .superAdmin || role == asked }

    /// Whether it may give `tokens:revoke` to keys of that project: the scope reaches all tokens of the key's project,
    /// and an admin's own those of one project only.
    func mayGiveRevocation(in asked: ProjectID) -> Bool { role == .superAdmin || project == asked }
}

func isAdministration(_ audience: String) -> Bool { bytesEqual(audience, AudienceRecord.administration) }
