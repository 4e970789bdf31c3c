import Primitives

/// What a token must have besides being good, compared as bytes.
public struct TokenRequirement: Sendable {
    /// All of these.
    public var scopes: [String]
    /// One of these; empty for any or none.
    public var roles: [String]
    /// One of these; empty for any or none.
    public var groups: [String]

    /// By default nothing is required.
    public init(scopes: [String] = [], roles: [String] = [], groups: [String] = []) {
        self.scopes = scopes
        self.roles = roles
        self.groups = groups
    }

    /// Lets a token pass.
    ///
    /// - Throws: ``TokenRefusal/insufficientScope(_:)``, ``TokenRefusal/insufficientRole(_:)`` or
    ///   ``TokenRefusal/insufficientGroup(_:)``, with all that would have been needed.
    public func check(_ token: VerifiedToken) throws(TokenRefusal) {
        guard scopes.allSatisfy(token.hasScope) else { throw .insufficientScope(scopes) }
        guard roles.isEmpty || roles.contains(where: token.hasRole) else { throw .insufficientRole(roles) }
        guard groups.isEmpty || groups.contains(where: token.isInGroup) else {
            throw .insufficientGroup(groups)
        }
    }
}

extension VerifiedToken {
    /// Whether `scope` has this scope token.
    public func hasScope(_ name: String) -> Bool { scopes.contains { bytesEqual($0, name) } }

    /// Whether `roles` has this name.
    public func hasRole(_ name: String) -> Bool { roles.contains { bytesEqual($0, name) } }

    /// Whether `groups` has this name.
    public func isInGroup(_ name: String) -> Bool { groups.contains { bytesEqual($0, name) } }
}
