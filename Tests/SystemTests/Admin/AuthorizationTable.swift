import Administration
import HTTPFrontEnd
import NIOHTTP1
import Primitives
import Synchronization
import Testing

/// Who asks, in the order in which the rows name the statuses.
enum Caller: Int, CaseIterable, Sendable {
    case nobody
    /// An admin, on what they have created.
    case owner
    /// An admin, on what somebody else has created.
    case otherAdmin
    case superAdmin
    /// An admin whose key has other scopes than the one that the operation needs.
    case withoutScope
    /// A key for another audience that has a scope of the same name.
    case application
}

// No key may sign before every verifier can know it: here none can for a day, however long the table takes.
@Suite(
    "Authorization: every route and every caller",
    .serialized,
    .booth(configuration: "jwks_max_age: 86400")
)
struct AuthorizationTable {
    // threats: ADM-01
    @Test
    func `every route of the router has a row, and every row a route`() {
        let routes = Set(Route.all.map(\.operation))
        let rows = Set(AuthorizationRow.all.keys)
        #expect(routes.subtracting(rows).sorted() == [], "routes without a row in AuthorizationRow.all")
        #expect(rows.subtracting(routes).sorted() == [], "rows without a route")
    }

    // threats: ADM-01
    @Test(arguments: Route.all.map(\.operation), Caller.allCases)
    func `every route answers every caller as its row says`(operation: String, caller: Caller) throws {
        let route = try #require(Route.all.first { $0.operation == operation })
        let row = try #require(AuthorizationRow.all[operation], "no row for \(operation)")
        let booth = try Booth.current
        let stage = try AuthorizationStage(booth)
        for listener in route.listeners.sorted(by: { $0.rawValue < $1.rawValue }) {
            var path = route.path
            if let target = row.target { path = AuthorizationRow.filled(path, try target(stage)) }
            _ = try stage.secret(of: caller, for: route)
            let last = try booth.lastEvent()
            let response = try stage.ask(
                route,
                path,
                row.body?.replacing(AuthorizationRow.uniqueName, with: stage.unique("n")),
                by: caller,
                on: listener
            )
            #expect(response.status == row.statuses[caller.rawValue], "\(response.text)")
            // P7: one event of each change, none of what was refused or only read. An import has one in any case, with
            // how many rows it took.
            let events = try booth.lastEvent() - last
            let isRecorded = route.isChange || bytesEqual(operation, AdminOperation.importKeys.rawValue)
            #expect(events == (isRecorded && response.status < 300 ? 1 : 0))
        }
    }
}

extension Route {
    /// Whether it changes something whenever it succeeds; of an import each row decides that.
    var isChange: Bool {
        method != .GET && listeners == [.admin] && !["lookupKey", "importKeys"].contains(operation)
    }
}

extension Booth {
    /// The number of the latest event of the audit trail: they have no gaps.
    func lastEvent() throws -> Int64 {
        let response = try admin("GET", "audit?limit=1")
        let event = response.json?["items"]?.array?.first?.object
        return try #require(event?["number"]?.integer, "\(response.text)")
    }
}

/// The keys of one booth that ask, and what they ask for.
struct AuthorizationStage {
    let booth: Booth
    let owner: MadeKey

    private static let administration = "urn:tokenbooth:admin"

    init(_ booth: Booth) throws {
        self.booth = booth
        owner = try Self.kept("\(booth.adminPort) owner") {
            try Self.admin(booth, BuiltInScopes.administration)
        }
    }

    /// Who asks, made once for each booth, kind and scope.
    private static let callers = Mutex<[String: MadeKey]>([:])

    private static func kept(_ name: String, _ make: () throws -> MadeKey) throws -> MadeKey {
        if let key = callers.withLock({ $0[name] }) { return key }
        let key = try make()
        callers.withLock { $0[name] = key }
        return key
    }

    private static func admin(_ booth: Booth, _ scopes: [String]) throws -> MadeKey {
        let list = scopes.map { "\"\($0)\"" }.joined(separator: ",")
        return try booth.makeKey(
            """
            "admin_role":"admin","scopes":[\(list)],"audiences":["\(administration)","\(Booth.audience)"]
            """
        )
    }

    /// - Parameter route: Says which scope it is that one has and one lacks.
    func secret(of caller: Caller, for route: Route) throws -> String? {
        let scope = AdminOperation(rawValue: route.operation)?.scope ?? "keys:read"
        let all = BuiltInScopes.administration
        let name = "\(booth.adminPort) \(caller)"
        switch caller {
        case .nobody: return nil
        case .owner: return owner.secret
        case .otherAdmin: return try Self.kept(name) { try Self.admin(booth, all) }.secret
        case .superAdmin: return booth.rootKey
        case .withoutScope:
            return try Self.kept("\(name) \(scope)") {
                try Self.admin(booth, all.filter { !bytesEqual($0, scope) })
            }.secret
        case .application:
            return try Self.kept("\(name) \(scope)") {
                try booth.makeKey("\"scopes\":[\"\(scope)\"]")
            }.secret
        }
    }

    func ask(
        _ route: Route,
        _ path: String,
        _ body: String?,
        by caller: Caller,
        on listener: Listener
    ) throws -> HTTPResponse {
        var fields: [String] = []
        if let secret = try secret(of: caller, for: route) {
            fields.append("Authorization: Bearer \(secret)")
        }
        if let body {
            fields.append("Content-Type: \(Self.type(of: body, for: route))")
            fields.append("Content-Length: \(body.utf8.count)")
        }
        let head = Booth.head(route.method.rawValue, path, fields)
        return try booth.send(
            Array((head + "\r\n" + (body ?? "")).utf8),
            to: listener == .public ? .public : .admin
        )
    }

    private static func type(of body: String, for route: Route) -> String {
        if bytesEqual(route.operation, AdminOperation.importKeys.rawValue) { return "application/x-ndjson" }
        let isForm = !body.hasPrefix("{") && !body.hasPrefix("[")
        return isForm ? "application/x-www-form-urlencoded" : "application/json"
    }

    // MARK: What is asked for

    func made(_ collection: String, _ body: String, by secret: String? = nil) throws -> String {
        let response = try booth.admin("POST", collection, body, key: secret)
        let json = try #require(response.json, "\(response.text)")
        if let key = json["key"]?.string { booth.canaries.add(key) }
        return try #require(json["id"]?.string ?? json["name"]?.string, "\(response.text)")
    }

    /// A new key of the owner's.
    func key() throws -> String {
        try made("keys", #"{"name":"theirs","audiences":["\#(Booth.audience)"]}"#, by: owner.secret)
    }

    func disabledKey() throws -> String {
        let id = try key()
        #expect(try booth.admin("POST", "keys/\(id)/disable", key: owner.secret).status == 200)
        return id
    }

    func unique(_ prefix: String) -> String {
        prefix + String(decoding: Base62.random(12), as: UTF8.self)
    }

    func project() throws -> String { try made("projects", #"{"name":"\#(unique("p"))"}"#) }
    func scope() throws -> String { try made("scopes", #"{"name":"\#(unique("s"))"}"#) }
    func role() throws -> String { try made("roles", #"{"name":"\#(unique("r"))"}"#) }
    func group() throws -> String { try made("groups", #"{"name":"\#(unique("g"))"}"#) }
    func audience() throws -> String { try made("audiences", #"{"name":"\#(unique("urn:a"))"}"#) }

    func signingKey() throws -> String {
        let keys = try booth.admin("GET", "signing-keys").json?["items"]?.array ?? []
        return try #require(
            keys.compactMap(\.object).first { $0["stage"]?.string == "active" }?["kid"]?.string
        )
    }

    /// A backup that is done; earlier ones go, for a few only may lie around.
    func backup() throws -> String {
        let id: String? = try eventually(seconds: 20) {
            for id in try madeBackups() { _ = try booth.admin("DELETE", "backups/\(id)") }
            let response = try booth.admin("POST", "backups")
            return response.status == 202 ? response.json?["id"]?.string : nil
        }
        let isDone: Bool? = try eventually(seconds: 20) {
            try booth.admin("GET", "backups/\(id ?? "")").json?["status"]?.string == "done" ? true : nil
        }
        try #require(isDone == true)
        return try #require(id)
    }

    /// Those that were made and not deleted, as the audit trail has it.
    private func madeBackups() throws -> [String] {
        func targets(_ action: String) throws -> [String] {
            let events =
                try booth.admin("GET", "audit?limit=200&action=\(action)").json?["items"]?.array ?? []
            return events.compactMap { $0.object?["target"]?.string }
        }
        let deleted = Set(try targets("delete_backup"))
        return try targets("create_backup").filter { !deleted.contains($0) }
    }

    func statusList() throws -> String {
        let lists = try booth.get("/oauth2/status-lists").json?["status_lists"]?.array ?? []
        return try #require(lists.first?.string?.split(separator: "/").last.map(String.init))
    }
}
