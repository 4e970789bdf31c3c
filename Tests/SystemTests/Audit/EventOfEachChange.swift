import AdminAPI
import Administration
import HTTPFrontEnd
import NIOHTTP1
import Primitives
import Testing

/// P7: what is refused has no event.
///
/// ``AuthorizationTable`` has those who may not, and that all else has one.
@Suite("Audit trail: refusals", .serialized, .booth(configuration: "jwks_max_age: 86400"))
struct EventOfEachChange {
    private static let changes = Route.all.filter(\.isChange).map(\.operation)

    /// Sends what is refused, and sees that nothing of it is in the trail.
    private func refused(
        _ statuses: Set<Int>,
        _ route: Route,
        _ path: String,
        _ body: String?,
        _ fields: [String] = [],
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let booth = try Booth.current
        let last = try booth.lastEvent()
        let response = try booth.admin(
            route.method.rawValue,
            String(path.dropFirst("/admin/v1/".utf8.count)),
            body,
            headers: fields
        )
        #expect(statuses.contains(response.status), "\(path): \(response.text)", sourceLocation: location)
        #expect(try booth.lastEvent() == last, "\(path): \(response.status)", sourceLocation: location)
    }

    @Test(arguments: changes)
    func `what is not there, not well-formed, not as it was or there already changes nothing`(
        operation: String
    ) throws {
        let route = try #require(Route.all.first { $0.operation == operation })
        let row = try #require(AuthorizationRow.all[operation])
        let stage = try AuthorizationStage(try Booth.current)
        let path = AuthorizationRow.filled(route.path, try row.target?(stage) ?? "")
        let body = row.body?.replacing(AuthorizationRow.uniqueName, with: stage.unique("n"))
        if route.path.hasSuffix("}") || route.path.contains("}/") {
            try refused([404], route, AuthorizationRow.filled(route.path, "nowhere"), body)
        }
        if body != nil {
            for wrong in ["{", "[]", #"{"unknown":1}"#, #"{"name":7}"#] {
                try refused([400, 422], route, path, wrong)
            }
        }
        guard AdminOperation(rawValue: operation)?.answersWithTag == true, row.target != nil else { return }
        try refused([412], route, path, body, [#"If-Match: "stale""#])
    }

    @Test(arguments: ["projects", "scopes", "roles", "groups", "audiences"])
    func `what is refused, sent again or changes nothing has no event of its own`(collection: String) throws {
        let booth = try Booth.current
        let body = #"{"name":"taken"}"#
        let once = ["Idempotency-Key: \(collection)"]
        let last = try booth.lastEvent()
        let made = try booth.admin("POST", collection, body, headers: once)
        #expect(made.status == 201)
        let path = "\(collection)/" + (made.json?["id"]?.string ?? "taken")
        #expect(try booth.lastEvent() == last + 1)
        #expect(try booth.admin("POST", collection, body, headers: once).status == 201)
        #expect(try booth.admin("POST", collection, body).status == 409)
        for same in ["{}", body] {
            #expect([200, 400].contains(try booth.admin("PATCH", path, same).status))
        }
        #expect(try booth.lastEvent() == last + 1)
        #expect(try booth.admin("DELETE", path).status == 204)
        #expect(try booth.admin("DELETE", path).status == 404)
        #expect(try booth.lastEvent() == last + 2)
    }
}
