import Primitives
import Testing

/// An API key that a test has made.
struct MadeKey: Sendable {
    let id: String
    let secret: String
}

/// The admin API over raw HTTP, with the root key.
extension Booth {
    func admin(
        _ method: String,
        _ path: String,
        _ body: String? = nil,
        key: String? = nil,
        headers: [String] = []
    ) throws -> HTTPResponse {
        let type = method == "PATCH" ? "application/merge-patch+json" : "application/json"
        let fields = body.map { ["Content-Type: \(type)", "Content-Length: \($0.utf8.count)"] } ?? []
        let head = Self.head(
            method,
            "/admin/v1/" + path,
            fields + headers + ["Authorization: Bearer \(key ?? rootKey)"]
        )
        return try send(Array((head + "\r\n" + (body ?? "")).utf8), to: .admin, hasBody: method != "HEAD")
    }

    func makeScope(_ name: String) throws {
        let response = try admin("POST", "scopes", "{\"name\":\"\(name)\"}")
        #expect([201, 409].contains(response.status), "\(response.text)")
    }

    /// All that a list shows, each byte for byte but for when and where from it was last used.
    func listed(_ collection: String) throws -> [[UInt8]] {
        var shown: [[UInt8]] = []
        var cursor: String?
        repeat {
            let page = try admin("GET", collection + "?limit=200" + (cursor.map { "&cursor=" + $0 } ?? ""))
            let items = try #require(page.json?["items"]?.array, "\(page.text)")
            shown += items.map { item in
                guard var object = item.object else { return item.serialized }
                for name in ["last_used_at", "last_used_ip"] { object[name] = nil }
                return JSONValue.object(object).serialized
            }
            cursor = page.json?["next_cursor"]?.string
        } while cursor != nil
        return shown
    }

    static let audience = "https://api.example"
    /// In the catalogue of every booth that made a key.
    static let scopes = ["read", "write", "read:all"]

    /// Makes a key with the scopes `read` and `write` for ``audience`` and `urn:other`.
    ///
    /// - Parameter members: Further members of the JSON object, such as `"expires_at":null`; a name given here
    ///   replaces the default.
    func makeKey(_ members: String = "") throws -> MadeKey {
        for scope in Self.scopes { try makeScope(scope) }
        var fields = "\"name\":\"a key\""
        if !members.contains("\"scopes\"") { fields += ",\"scopes\":[\"read\",\"write\"]" }
        if !members.contains("\"audiences\"") {
            fields += ",\"audiences\":[\"\(Self.audience)\",\"urn:other\"]"
        }
        let response = try admin("POST", "keys", "{\(fields)\(members.isEmpty ? "" : "," + members)}")
        let json = try #require(response.json, "\(response.text)")
        let secret = try #require(json["key"]?.string, "\(response.text)")
        canaries.add(secret)
        return MadeKey(id: try #require(json["id"]?.string), secret: secret)
    }
}
