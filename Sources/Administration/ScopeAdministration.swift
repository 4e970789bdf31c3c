package import AdminAPI
import AuthorizationServer
package import OAuth

/// The catalogue of scopes: only what is in it can be given to keys.
extension Administration {
    /// The catalogue by name; nothing without an `admin_role`.
    ///
    /// - Throws: ``AdminRefusal/missingScope(_:)``; any other error is a store failure.
    package func listScopes(
        page: PageRequest,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> Page<ScopeRecord> {
        try await read(.listScopes, by: administrator, at: now) { reader, standing in
            guard standing.role != nil else { return .empty }
            return try Page(page, position: \.name) { try reader.scopes($0) }
        }
    }

    /// - Throws: ``AdminRefusal/notFound(_:)``, ``AdminRefusal/missingScope(_:)``; any other error is a store
    ///   failure.
    package func getScope(
        _ name: String,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> ScopeRecord {
        try await read(.getScope, by: administrator, at: now) { try $0.existingScope(name, by: $1) }
    }

    /// Adds to the catalogue; whoever adds a scope does not hold it by that.
    ///
    /// - Throws: ``AdminRefusal/conflict(_:)`` for a name that is taken, ``AdminRefusal/notHeld(_:)`` without an
    ///   `admin_role`, ``AdminRefusal/missingScope(_:)``; any other error is a store failure.
    package func createScope(
        _ creation: ScopeCreation,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> ScopeRecord {
        try await write(.createScope, by: administrator, at: now) { writer, standing in
            try standing.mayCreate()
            guard try writer.scope(named: creation.name) == nil else {
                throw AdminRefusal.conflict("the scope exists already")
            }
            let scope = ScopeRecord(
                name: creation.name,
                description: creation.description ?? "",
                isBuiltIn: false
            )
            try writer.insert(scope)
            standing.note(nil, becomes: scope)
            return scope
        }
    }

    /// Changes the description.
    ///
    /// - Throws: ``AdminRefusal/notFound(_:)``, ``AdminRefusal/conflict(_:)`` for a built-in scope,
    ///   ``AdminRefusal/missingScope(_:)``; any other error is a store failure.
    package func updateScope(
        _ name: String,
        _ patch: ScopePatch,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> ScopeRecord {
        try await write(.updateScope, by: administrator, at: now) { writer, standing in
            let old = try writer.changeableScope(name, by: standing)
            var scope = old
            scope.description = patch.description.applied(to: scope.description, default: "")
            try writer.update(scope)
            standing.note(old, becomes: scope)
            return scope
        }
    }

    /// - Throws: ``AdminRefusal/notFound(_:)``, ``AdminRefusal/conflict(_:)`` for a built-in scope and for one that
    ///   a key, a role or a project has, ``AdminRefusal/missingScope(_:)``; any other error is a store failure.
    package func deleteScope(_ name: String, by administrator: Administrator, at now: NumericDate)
        async throws
    {
        try await write(.deleteScope, by: administrator, at: now) { writer, standing in
            let scope = try writer.changeableScope(name, by: standing)
            guard try !writer.isScopeInUse(name) else {
                throw AdminRefusal.conflict(
                    "the scope is in use: take it from keys, roles and projects first"
                )
            }
            try writer.deleteScope(named: name)
            standing.note(scope, becomes: nil)
        }
    }
}

extension AdminReader {
    fileprivate func existingScope(_ name: String, by standing: Standing) throws -> ScopeRecord {
        let missing = "there is no such scope"
        try standing.mayReach(missing)
        guard ScopeMessage.isName(name), let scope = try scope(named: name) else {
            throw AdminRefusal.notFound(missing)
        }
        return scope
    }

    fileprivate func changeableScope(_ name: String, by standing: Standing) throws -> ScopeRecord {
        let scope = try existingScope(name, by: standing)
        try standing.expects(scope)
        guard !scope.isBuiltIn else {
            throw AdminRefusal.conflict("the scope is built in and can be neither changed nor deleted")
        }
        return scope
    }
}
