import Primitives
import Testing

@Suite("Stored names in header fields: RFC 9110 §5.5, RFC 9112 §2.2", .serialized, .booth)
struct ReflectedNames {
    private static let collections = ["audiences", "scopes", "roles", "groups", "projects", "keys"]

    /// The answer, after its header section was looked at byte by byte.
    @discardableResult
    private func call(_ method: String, _ path: String, _ body: String? = nil, _ fields: [String] = [])
        throws -> HTTPResponse
    {
        let booth = try Booth.current
        var lines = fields + ["Connection: close", "Authorization: Bearer \(booth.rootKey)"]
        if let body { lines += ["Content-Type: application/json", "Content-Length: \(body.utf8.count)"] }
        let connection = try booth.connect(.admin)
        connection.send(Booth.head(method, "/admin/v1/" + path, lines) + "\r\n" + (body ?? ""))
        let bytes = connection.rest()
        let end = try #require(bytes.firstRange(of: Array("\r\n\r\n".utf8)), "\(method) \(path)")
        var names: [String] = []
        for line in bytes[..<end.lowerBound].split(separator: 0x0A).dropFirst() {
            let field = line.last == 0x0D ? line.dropLast() : line
            #expect(line.endIndex == end.lowerBound || line.last == 0x0D, "a line feed of its own")
            #expect(field.allSatisfy { (0x20...0x7E).contains($0) })
            names.append(
                String(decoding: field.prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self).lowercased()
            )
        }
        #expect(!names.contains { $0.contains("evil") }, "\(names)")
        #expect(Set(names).count == names.count, "\(names)")
        // One answer, and nothing after it.
        let (response, length) = try #require(HTTPResponse.parse(bytes[...], hasBody: true))
        #expect(length == bytes.count)
        return response
    }

    // threats: HTP-20
    @Test(arguments: [
        "\r\n", "\n", "\r", "\\r\\n", "\\n", "\\r", "\\u000d\\u000a", "\\u0000", "\\u0085", "\u{0}",
    ])
    func `a name with the end of a line in it is refused`(end: String) throws {
        let booth = try Booth.current
        for collection in Self.collections {
            let before = try booth.listed(collection)
            for name in ["n\(end)X-Evil:1", "n\(end)\(end)<evil>", end] {
                let response = try call("POST", collection, "{\"name\":\"\(name)\"}")
                #expect([400, 422].contains(response.status), "\(collection): \(response.text)")
                #expect(response["location"] == nil && response["etag"] == nil)
            }
            #expect(try booth.listed(collection) == before)
        }
        let key = try booth.makeKey()
        let patch = "{\"name\":\"n\(end)X-Evil:1\",\"audiences\":[\"n\(end)X-Evil:1\"]}"
        #expect([400, 422].contains(try booth.admin("PATCH", "keys/\(key.id)", patch).status))
    }

    // threats: HTP-20
    @Test
    func `a name that is the end of a line once it is decoded stays encoded in every header field`() throws {
        let names = ["n%0d%0aX-Evil:1", "n%0D%0A%0D%0A<evil>", "n%00%0a", "<n>;rel=\"next\",</evil"]
        for name in names {
            let json = String(decoding: JSONValue.string(name).serialized, as: UTF8.self)
            for collection in Self.collections {
                let id = ["Idempotency-Key: \"\(collection)-\(names.firstIndex(of: name) ?? 0)\""]
                let body = "{\"name\":\(json)}"
                let made = try call("POST", collection, body, id)
                guard !["scopes", "roles", "groups"].contains(collection) else {
                    #expect([400, 422].contains(made.status), "\(collection): \(made.text)")
                    continue
                }
                #expect(made.status == 201, "\(collection): \(made.text)")
                let location = try #require(made["location"])
                let target = made.json?["id"]?.string ?? name
                #expect(location == "/admin/v1/\(collection)/" + PercentEncoding.encode(target))
                #expect(try call("POST", collection, body, id)["location"] == location)
                let shown = try call("GET", String(location.dropFirst("/admin/v1/".count)))
                #expect(shown.status == 200 && shown["etag"] != nil, "\(shown.text)")
                #expect(shown.json?["name"]?.string.map { Array($0.utf8) } == Array(name.utf8))
            }
        }
        for collection in ["audiences", "projects", "keys"] {
            var (cursor, seen) = ("", [[UInt8]]())
            while true {
                let page = try call("GET", collection + "?limit=1" + cursor)
                #expect(page.status == 200, "\(page.text)")
                seen += (page.json?["items"]?.array ?? []).compactMap {
                    $0.object?["name"]?.string.map { Array($0.utf8) }
                }
                guard let next = page.json?["next_cursor"]?.string, seen.count < 100 else { break }
                cursor = "&cursor=" + next
            }
            #expect(names.allSatisfy { seen.contains(Array($0.utf8)) }, "\(collection)")
        }
        for name in names {
            let query = "usage.csv?project=" + PercentEncoding.encode(name)
            #expect(try call("GET", query).status == 200)
        }
    }
}
