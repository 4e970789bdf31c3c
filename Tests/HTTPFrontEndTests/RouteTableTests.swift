import Foundation
import NIOHTTP1
import Testing
import Yams

@testable import HTTPFrontEnd

@Suite("The routes and openapi.yaml")
struct RouteTableTests {
    private static let methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"]

    /// Every operation of the document as `operationId METHOD path`, with the ports of its servers.
    private static func document() throws -> [String: Set<String>] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "openapi.yaml"), encoding: .utf8)
        let paths = try #require(Yams.compose(yaml: text)?["paths"]?.mapping)
        var operations: [String: Set<String>] = [:]
        for (path, item) in paths {
            for method in methods {
                guard let operation = item[method] else { continue }
                let id = try #require(operation["operationId"]?.string, "\(method) \(path.string ?? "")")
                let servers = operation["servers"]?.array() ?? item["servers"]?.array() ?? []
                let name = "\(id) \(method.uppercased()) \(path.string ?? "")"
                #expect(operations[name] == nil)
                operations[name] = Set(
                    servers.compactMap { $0["url"]?.string?.split(separator: ":").last.map(String.init) }
                )
            }
        }
        return operations
    }

    private static func routes() -> [String: Set<String>] {
        var operations: [String: Set<String>] = [:]
        for route in Route.all {
            let ports = route.listeners.map { $0 == .public ? "8080" : "8081" }
            operations["\(route.operation) \(route.method.rawValue) \(route.path)"] = Set(ports)
        }
        return operations
    }

    @Test
    func `every route is an operation of the document and every operation a route, on the same listeners`()
        throws
    {
        let (documented, routed) = (try Self.document(), Self.routes())
        #expect(Set(documented.keys).subtracting(routed.keys) == [], "documented, but no route")
        #expect(Set(routed.keys).subtracting(documented.keys) == [], "a route, but not documented")
        for (name, listeners) in routed { #expect(documented[name] == listeners, "\(name)") }
    }

    @Test
    func `no operation stands in the table twice`() {
        #expect(Set(Route.all.map(\.operation)).count == Route.all.count)
        #expect(Self.routes().count == Route.all.count)
    }

    @Test
    func `every route is found by its own method and path, and by no other listener`() {
        for listener in Listener.allCases {
            let table = RouteTable(listener: listener, basePath: "")
            for route in Route.all {
                let path = route.path.replacing("{id}", with: "x").replacing("{name}", with: "a:b")
                    .replacing("{kid}", with: "k")
                let match = table.match(route.method, path: path[...])
                if route.listeners.contains(listener) {
                    guard case .route(let index) = match else {
                        Issue.record("\(route.operation): \(match)")
                        continue
                    }
                    #expect(table.routes[index].operation == route.operation)
                } else {
                    guard case .notFound = match else {
                        Issue.record("\(route.operation) is on the \(listener.rawValue) listener")
                        continue
                    }
                }
            }
        }
    }

    // threats: HTP-08
    @Test(arguments: [
        "", "/", "//oauth2/token", "/oauth2/token/", "/oauth2//token", "/OAUTH2/token", "/oauth2/./token",
        "/oauth2%2ftoken",
        "/x/../oauth2/token", "/oauth2", "/tenant/oauth2/token", "/.well-known/jwks.json/tenant",
    ])
    func `another spelling of a path is another path`(path: String) {
        for basePath in ["", "/tenant/a"] {
            guard
                case .notFound = RouteTable(listener: .public, basePath: basePath).match(
                    .POST,
                    path: path[...]
                )
            else {
                Issue.record("\(path) is found")
                continue
            }
        }
    }

    @Test(arguments: [
        "/admin/v1/keys/", "/admin/v1/keys//disable", "/admin/v1/keys/a/b", "/admin/v1/scopes/",
    ])
    func `a segment in braces is never empty and never two`(path: String) {
        guard case .notFound = RouteTable(listener: .admin, basePath: "").match(.GET, path: path[...]) else {
            Issue.record("\(path) is found")
            return
        }
    }

    @Test
    func `Allow names every method of the path, HEAD beside GET`() {
        let table = RouteTable(listener: .admin, basePath: "/ignored")
        guard case .methodNotAllowed(let allowed) = table.match(.PUT, path: "/admin/v1/keys/key_x") else {
            Issue.record("PUT is allowed")
            return
        }
        #expect(allowed == "GET, HEAD, PATCH, DELETE")
    }
}
