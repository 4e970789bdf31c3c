package import NIOHTTP1

/// Which of the two listeners a route is on.
package enum Listener: String, Sendable, CaseIterable {
    case `public`, admin
}

/// One operation of `openapi.yaml`.
package struct Route: Sendable {
    /// `operationId` of the document.
    package let operation: String
    /// Its place in ``all``.
    package fileprivate(set) var number = 0
    package let method: HTTPMethod
    /// Segments; a name in braces stands for any one segment.
    package let path: String
    package let listeners: Set<Listener>
    package let answeredBy: AnsweredBy
    /// Bytes.
    package let bodyLimit: Int
    /// Answered by its head alone: whatever the method, and without waiting for a body that is announced.
    package let isByHead: Bool

    /// Who answers: the protocol handler on the event loop, or Hummingbird behind it.
    package enum AnsweredBy: Sendable {
        case token, revocation, introspection, keySet, metadata, statusList, statusLists, revocations,
            forwardAuth, liveness, readiness, contract, documentation
        case hummingbird
    }

    init(
        _ operation: String,
        _ method: HTTPMethod,
        _ path: String,
        on listeners: Set<Listener> = [.public],
        by answeredBy: AnsweredBy = .hummingbird,
        bodyLimit: Int = 16 * 1024,
        isByHead: Bool = false
    ) {
        self.operation = operation
        self.method = method
        self.path = path
        self.listeners = listeners
        self.answeredBy = answeredBy
        self.bodyLimit = bodyLimit
        self.isByHead = isByHead
    }

    /// Every operation, in the order of `openapi.yaml`.
    package static let all: [Route] = (publicRoutes + adminRoutes).enumerated().map { number, route in
        var route = route
        route.number = number
        return route
    }

    /// What log and metrics call a request that is for no operation.
    static let none = "none"

    private static let publicRoutes = [
        Route("issueToken", .POST, "/oauth2/token", by: .token, bodyLimit: 32 * 1024),
        Route("revokeToken", .POST, "/oauth2/revoke", by: .revocation),
        Route("introspectToken", .POST, "/oauth2/introspect", by: .introspection),
        Route("getJWKS", .GET, "/oauth2/jwks", by: .keySet),
        Route("getJWKSWellKnown", .GET, "/.well-known/jwks.json", by: .keySet),
        Route(
            "getAuthorizationServerMetadata",
            .GET,
            "/.well-known/oauth-authorization-server",
            by: .metadata
        ),
        Route("getOpenIDConfiguration", .GET, "/.well-known/openid-configuration", by: .metadata),
        Route("getStatusList", .GET, "/oauth2/status-lists/{id}", by: .statusList),
        Route("listStatusLists", .GET, "/oauth2/status-lists", by: .statusLists),
        Route("getRevocationList", .GET, "/oauth2/revocations", by: .revocations),
        Route("forwardAuth", .GET, "/forward-auth", by: .forwardAuth, isByHead: true),
        Route("reportLeaks", .POST, "/leaks", bodyLimit: 64 * 1024),
        Route("getLiveness", .GET, "/healthz", on: [.public, .admin], by: .liveness),
        Route("getReadiness", .GET, "/readyz", on: [.public, .admin], by: .readiness),
        Route("getStartup", .GET, "/startupz", on: [.public, .admin], by: .liveness),
        Route("getOpenAPI", .GET, "/openapi.yaml", by: .contract),
        Route("getDocs", .GET, "/docs", by: .documentation),
    ]

    private static let adminRoutes =
        [
            admin("listKeys", .GET, "keys"), admin("createKey", .POST, "keys"),
            admin("getKey", .GET, "keys/{id}"), admin("updateKey", .PATCH, "keys/{id}"),
            admin("deleteKey", .DELETE, "keys/{id}"), admin("disableKey", .POST, "keys/{id}/disable"),
            admin("enableKey", .POST, "keys/{id}/enable"), admin("rotateKey", .POST, "keys/{id}/rotate"),
            admin("updateKeyRotation", .POST, "keys/{id}/rotation"), admin("lookupKey", .POST, "keys/lookup"),
            admin("exportKeys", .GET, "keys/export"),
            admin("importKeys", .POST, "keys/import", bodyLimit: 8 << 20),
        ]
        + resource("Project", "projects", key: "id")
        + resource("Scope", "scopes", key: "name")
        + resource("Role", "roles", key: "id")
        + resource("Group", "groups", key: "id")
        + resource("Audience", "audiences", key: "name")
        + [
            admin("listSigningKeys", .GET, "signing-keys"),
            admin("rotateSigningKeys", .POST, "signing-keys/rotate"),
            admin("getSigningKey", .GET, "signing-keys/{kid}"),
            admin("revokeSigningKey", .POST, "signing-keys/{kid}/revoke"),
            admin("listUsage", .GET, "usage"), admin("exportUsage", .GET, "usage.csv"),
            admin("createBackup", .POST, "backups"), admin("getBackup", .GET, "backups/{id}"),
            admin("readBackup", .GET, "backups/{id}/content"),
            admin("deleteBackup", .DELETE, "backups/{id}"),
            admin("listAuditEvents", .GET, "audit"), admin("verifyAudit", .GET, "audit/verify"),
        ]
        + [Route("getMetrics", .GET, "/metrics", on: [.admin])]

    private static func resource(_ name: String, _ plural: String, key: String) -> [Route] {
        [
            admin("list\(name)s", .GET, plural), admin("create\(name)", .POST, plural),
            admin("get\(name)", .GET, "\(plural)/{\(key)}"),
            admin("update\(name)", .PATCH, "\(plural)/{\(key)}"),
            admin("delete\(name)", .DELETE, "\(plural)/{\(key)}"),
        ]
    }

    private static func admin(
        _ operation: String,
        _ method: HTTPMethod,
        _ path: String,
        bodyLimit: Int = 64 * 1024
    ) -> Route {
        Route(operation, method, "/admin/v1/\(path)", on: [.admin], bodyLimit: bodyLimit)
    }
}

/// The routes of one listener, found by method and path.
package struct RouteTable: Sendable {
    package enum Match: Sendable {
        case route(Int)
        case notFound
        /// The methods that the path does have, for `Allow`.
        case methodNotAllowed(String)
    }

    package let routes: [Route]
    private let literal: [String: [Int]]
    /// `nil` stands for any segment.
    private let patterns: [(segments: [[UInt8]?], index: Int)]

    /// - Parameter basePath: The issuer's path, under which all public routes are; empty mostly.
    package init(listener: Listener, basePath: String) {
        let prefix = listener == .public ? basePath : ""
        var literal: [String: [Int]] = [:]
        var patterns: [(segments: [[UInt8]?], index: Int)] = []
        routes = Route.all.filter { $0.listeners.contains(listener) }
        for (index, route) in routes.enumerated() {
            if route.path.contains("{") {
                patterns.append((Self.segments(prefix + route.path), index))
                continue
            }
            literal[prefix + route.path, default: []].append(index)
            // RFC 8414 §3: the well-known part goes before the issuer's path.
            if !prefix.isEmpty, route.answeredBy == .metadata { literal[route.path + prefix] = [index] }
        }
        self.literal = literal
        self.patterns = patterns
    }

    private static func segments(_ path: String) -> [[UInt8]?] {
        path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map { segment in
            segment.first == UInt8(ascii: "{") ? nil : Array(segment)
        }
    }

    /// Exact: a doubled slash, a dot segment or another spelling of a letter is another path.
    package func match(_ method: HTTPMethod, path: Substring) -> Match {
        let candidates = literal[String(path)] ?? matchingPatterns(path)
        guard !candidates.isEmpty else { return .notFound }
        for index in candidates where routes[index].method == method || routes[index].isByHead {
            return .route(index)
        }
        if method == .HEAD, let index = candidates.first(where: { routes[$0].method == .GET }) {
            return .route(index)
        }
        var allowed: [String] = []
        for index in candidates {
            allowed.append(routes[index].method.rawValue)
            if routes[index].method == .GET { allowed.append("HEAD") }
        }
        return .methodNotAllowed(allowed.joined(separator: ", "))
    }

    private func matchingPatterns(_ path: Substring) -> [Int] {
        guard !patterns.isEmpty else { return [] }
        let bytes = Array(path.utf8)
        return patterns.compactMap { Self.agrees($0.segments, bytes.span) ? $0.index : nil }
    }

    private static func agrees(_ pattern: [[UInt8]?], _ path: Span<UInt8>) -> Bool {
        let slash = UInt8(ascii: "/")
        var start = 0
        for (number, expected) in pattern.enumerated() {
            if number > 0 {
                guard start < path.count, path[start] == slash else { return false }
                start += 1
            }
            var end = start
            while end < path.count, path[end] != slash { end += 1 }
            guard let expected else {
                guard end > start else { return false }
                start = end
                continue
            }
            guard expected.count == end - start else { return false }
            for index in expected.indices where expected[index] != path[start + index] { return false }
            start = end
        }
        return start == path.count
    }
}
