import Primitives
import Testing

extension TokenCall {
    fileprivate static let formType = "Content-Type: application/x-www-form-urlencoded"

    /// A request with this body, all of it with its length or in chunks.
    fileprivate static func request(
        _ path: String,
        _ body: [UInt8],
        _ fields: [String],
        isChunked: Bool
    ) -> [UInt8] {
        let frame = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(body.count)"
        let head = Array((Booth.head("POST", path, fields + [frame]) + "\r\n").utf8)
        guard isChunked else { return head + body }
        var bytes = head
        for start in stride(from: 0, to: body.count, by: 8_192) {
            let chunk = body[start..<min(start + 8_192, body.count)]
            bytes += Array("\(String(chunk.count, radix: 16))\r\n".utf8)
            bytes += Array(chunk)
            bytes += [13, 10]
        }
        return bytes + Array("0\r\n\r\n".utf8)
    }
}

@Suite("Encoded bodies: RFC 9110 §8.4", .serialized, .booth)
struct EncodedBodies {
    // threats: TOK-11
    @Test(arguments: Bomb.codings + ["x-gzip", "identity, gzip"], [false, true])
    func `an encoded body is refused, and the form in it would have been granted`(
        coding: String,
        isChunked: Bool
    ) throws {
        let booth = try Booth.current
        let body = Array("grant_type=client_credentials".utf8)
        let fields = [TokenCall.formType, TokenCall.basic("", try booth.makeKey().secret)]
        #expect(
            try booth.send(TokenCall.request("/oauth2/token", body, fields, isChunked: isChunked)).status
                == 200
        )
        let encoded = fields + ["Content-Encoding: \(coding)"]
        let response = try booth.send(TokenCall.request("/oauth2/token", body, encoded, isChunked: isChunked))
        #expect(response.status == 400 && response.error == "invalid_request", "\(response.text)")
        #expect(response.text.contains("Content-Encoding"), "\(response.text)")
    }
}

/// With a booth of its own: what other tests have had it take does not count.
@Suite("Compressed bombs", .serialized, .booth)
struct CompressedBombs {
    /// Past what a plain body of the same length has taken before: a page or two of the allocator, of another thread.
    private static let mostKilobytes = 1_536

    /// Everywhere that a body may be sent, with a credential that holds.
    private func places() throws -> [(path: String, listener: ListenerName, fields: [String])] {
        let booth = try Booth.current
        let form = [TokenCall.formType, TokenCall.basic("", try booth.makeKey().secret)]
        let root = "Authorization: Bearer \(booth.rootKey)"
        return ["token", "revoke", "introspect"].map { ("/oauth2/" + $0, .public, form) }
            + [("/admin/v1/keys", .admin, [root, "Content-Type: application/json"])]
    }

    // threats: TOK-11
    @Test(arguments: Bomb.codings)
    func `a MiB that would be a GiB is refused, and takes no more memory than any other`(coding: String)
        throws
    {
        let booth = try Booth.current
        // One that is read to its end, and one that is not.
        let bombs = try [15 << 10, 1 << 20].map { try Bomb(coding, size: $0) }
        var calls: [(listener: ListenerName, plain: [UInt8], encoded: [UInt8], isLong: Bool)] = []
        for place in try places() {
            for (bomb, isChunked) in bombs.flatMap({ [($0, false), ($0, true)] }) {
                let encoded = place.fields + ["Content-Encoding: \(coding)"]
                calls.append(
                    (
                        place.listener,
                        TokenCall.request(place.path, bomb.bytes, place.fields, isChunked: isChunked),
                        TokenCall.request(place.path, bomb.bytes, encoded, isChunked: isChunked),
                        bomb.bytes.count > 64 << 10
                    )
                )
            }
        }
        for call in calls { _ = try booth.send(call.plain, to: call.listener) }
        let before = booth.peakKilobytes
        for call in calls {
            let name = String(decoding: call.encoded.prefix(60), as: UTF8.self)
            let response = try booth.send(call.encoded, to: call.listener)
            #expect((call.isLong ? [400, 413, 415] : [400, 415]).contains(response.status), "\(name)")
        }
        #expect(before > 0)
        #expect(booth.peakKilobytes - before <= Self.mostKilobytes, "\(booth.peakKilobytes - before) KiB")
    }
}
