import Primitives

/// One response as it came over the wire.
struct HTTPResponse: Sendable {
    let status: Int
    let headers: [(name: String, value: String)]
    let body: [UInt8]

    /// The value of a header field that stands there at most once; `name` in lower case.
    subscript(_ name: String) -> String? { headers.first { $0.name == name }?.value }

    func values(_ name: String) -> [String] { headers.filter { $0.name == name }.map(\.value) }

    var text: String { String(decoding: body, as: UTF8.self) }
    var json: JSONObject? { (try? JSONValue(parsing: body))?.object }
    /// The member `error` of the body (RFC 6749 §5.2).
    var error: String? { json?["error"]?.string }

    /// What may not tell two refusals apart: everything but the date and the request's own id.
    var fingerprint: [String] {
        ["\(status)"]
            + headers.filter { !["date", "x-request-id"].contains($0.name) }.map { "\($0.name): \($0.value)" }
            + [text]
    }

    /// Reads one response from the front; `nil` while it is not complete.
    static func parse(_ bytes: ArraySlice<UInt8>, hasBody: Bool) -> (HTTPResponse, length: Int)? {
        guard let head = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: bytes[..<head.lowerBound], as: UTF8.self).split(separator: "\r\n")
        guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            return nil
        }
        let headers = lines.dropFirst().map { line in
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            return (
                name: line[..<colon].lowercased(),
                value: String(line[colon...].dropFirst().drop { $0 == " " })
            )
        }
        let hasLength = hasBody && status >= 200 && status != 204 && status != 304
        let length =
            hasLength ? headers.first { $0.name == "content-length" }.flatMap { Int($0.value) } ?? 0 : 0
        let end = head.upperBound + length
        guard bytes.endIndex >= end else { return nil }
        let response = HTTPResponse(
            status: status,
            headers: headers,
            body: Array(bytes[head.upperBound..<end])
        )
        return (response, end - bytes.startIndex)
    }
}
