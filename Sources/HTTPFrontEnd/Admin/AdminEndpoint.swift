import AdminAPI
package import Administration
import OAuth
import Primitives

/// The operations of the admin API without their transport: parse, ask ``Administration``, print.
///
/// One method per `operationId`, in the files beside this one.
package struct AdminEndpoint: Sendable {
    let administration: Administration
    /// Lines of one answer in CSV; what follows has a `Link`.
    let usageRowLimit: Int

    package init(_ administration: Administration, usageRowLimit: Int = 10_000) {
        self.administration = administration
        self.usageRowLimit = usageRowLimit
    }

    /// Answers one request.
    ///
    /// - Throws: Store failures only; every refusal is an answer.
    package func perform(_ operation: AdminOperation, _ request: AdminRequest) async throws -> AdminAnswer {
        do {
            // Before anything is read: whoever may not call learns nothing of how to.
            guard request.administrator.mayCall(operation) else {
                throw AdminRefusal.missingScope(operation.scope)
            }
            var request = request
            try request.takeConditions(for: operation)
            var answer = try await answer(operation, request)
            if operation.answersWithTag, let resource = answer.resource {
                answer.entityTag = ResourceTag.tag(of: resource)
            }
            return answer
        } catch let refusal as AdminRefusal {
            return .problem(AdminProblem.problem(for: refusal, requestID: request.requestID))
        } catch let invalid as InvalidMessage {
            let refusal = AdminRefusal.invalidInput(invalid.mistakes)
            return .problem(AdminProblem.problem(for: refusal, requestID: request.requestID))
        } catch var problem as Problem {
            problem.requestID = request.requestID
            return .problem(problem)
        }
    }

    /// Does what is asked, unless the same request was answered within a day.
    private func answer(_ operation: AdminOperation, _ request: AdminRequest) async throws -> AdminAnswer {
        guard let claim = request.administrator.request.claim else {
            return try await call(operation, request)
        }
        return try await administration.once(
            claim,
            operation,
            by: request.administrator,
            at: request.now,
            replay: { AdminAnswer.replayed($0, of: operation) }
        ) { try await call(operation, request) }
    }

    private func call(_ operation: AdminOperation, _ request: AdminRequest) async throws -> AdminAnswer {
        switch operation {
        case .listKeys: try await listKeys(request)
        case .createKey: try await createKey(request)
        case .getKey: try await getKey(request)
        case .updateKey: try await updateKey(request)
        case .deleteKey: try await deleteKey(request)
        case .disableKey: try await disableKey(request)
        case .enableKey: try await enableKey(request)
        case .rotateKey: try await rotateKey(request)
        case .updateKeyRotation: try await updateKeyRotation(request)
        case .lookupKey: try await lookupKey(request)
        case .exportKeys: try await exportKeys(request)
        case .importKeys: try await importKeys(request)
        case .listProjects: try await listProjects(request)
        case .createProject: try await createProject(request)
        case .getProject: try await getProject(request)
        case .updateProject: try await updateProject(request)
        case .deleteProject: try await deleteProject(request)
        case .listScopes: try await listScopes(request)
        case .createScope: try await createScope(request)
        case .getScope: try await getScope(request)
        case .updateScope: try await updateScope(request)
        case .deleteScope: try await deleteScope(request)
        case .listRoles: try await listRoles(request)
        case .createRole: try await createRole(request)
        case .getRole: try await getRole(request)
        case .updateRole: try await updateRole(request)
        case .deleteRole: try await deleteRole(request)
        case .listGroups: try await listGroups(request)
        case .createGroup: try await createGroup(request)
        case .getGroup: try await getGroup(request)
        case .updateGroup: try await updateGroup(request)
        case .deleteGroup: try await deleteGroup(request)
        case .listAudiences: try await listAudiences(request)
        case .createAudience: try await createAudience(request)
        case .getAudience: try await getAudience(request)
        case .updateAudience: try await updateAudience(request)
        case .deleteAudience: try await deleteAudience(request)
        case .listSigningKeys: try await listSigningKeys(request)
        case .getSigningKey: try await getSigningKey(request)
        case .rotateSigningKeys: try await rotateSigningKeys(request)
        case .revokeSigningKey: try await revokeSigningKey(request)
        case .listUsage: try await listUsage(request)
        case .exportUsage: try await exportUsage(request)
        case .createBackup: try await createBackup(request)
        case .getBackup: try await getBackup(request)
        case .readBackup: try await readBackup(request)
        case .deleteBackup: try await deleteBackup(request)
        case .listAuditEvents: try await listAuditEvents(request)
        case .verifyAudit: try await verifyAudit(request)
        }
    }
}

extension AdminRequest {
    /// - Throws: A ``Problem`` (400) for any query at all.
    func requireNoQuery() throws { _ = try AdminQuery(query, known: []) }

    /// - Throws: ``AdminRefusal/notFound(_:)`` for what is no identifier of that kind.
    func identifier<Kind>(_ kind: Kind.Type, _ what: String) throws -> Identifier<Kind> {
        guard let id = target.flatMap({ Identifier<Kind>(parsing: $0) }) else {
            throw AdminRefusal.notFound("there is no such \(what)")
        }
        return id
    }

    /// - Throws: ``AdminRefusal/notFound(_:)`` when the path has no name.
    func name(of what: String) throws -> String {
        guard let target else { throw AdminRefusal.notFound("the path does not name the \(what)") }
        return target
    }
}

extension ListMessage {
    init<Item>(_ page: Page<Item>, _ print: (Item) -> JSONValue) {
        let cursor = page.next.map { String(decoding: Base64URL.encode(Array($0.utf8)), as: UTF8.self) }
        self.init(items: page.items.map(print), nextCursor: cursor)
    }
}
