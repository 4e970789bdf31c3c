import Testing

@Suite("HTTP framing: RFC 9112 §3.2, §5, §6, §7", .serialized, .booth)
struct Framing {
    /// A second request that must never be executed.
    private static let smuggled = "GET /openapi.yaml HTTP/1.1\r\nHost: x\r\n\r\n"

    /// The first request is refused with 400, the connection ends, and nothing after it is answered.
    private func refused(
        _ request: [UInt8],
        statuses: Set<Int> = [400],
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let connection = try Booth.current.connect()
        connection.send(request + Array(Self.smuggled.utf8))
        let response = try #require(connection.response(), sourceLocation: location)
        let name = String(decoding: request.prefix(300), as: UTF8.self)
        #expect(statuses.contains(response.status), "\(name)", sourceLocation: location)
        #expect(response["connection"] == "close", sourceLocation: location)
        #expect(connection.rest(seconds: 3) == [], "\(name)", sourceLocation: location)
        #expect(connection.isEnded, "\(name)", sourceLocation: location)
    }

    private func refused(_ lines: String, _ location: SourceLocation = #_sourceLocation) throws {
        try refused(Array("POST /oauth2/token HTTP/1.1\r\nHost: x\r\n\(lines)".utf8), location)
    }

    private func refused(_ request: [UInt8], _ location: SourceLocation) throws {
        try refused(request, statuses: [400], location)
    }

    // threats: HTP-01
    @Test(arguments: [
        "Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 5\r\nContent-Length: 5", "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5, 5",
        "Content-Length: +5", "Content-Length: 0x10", "Content-Length: 1_0", "Content-Length: 5 5",
        "Content-Length: -1",
        "Content-Length: 18446744073709551616", "Content-Length: 18446744073709551621", "Content-Length: ",
        "Content-Length: 5;",
        "Content-Length: ５",
    ])
    func `a length that can be read in two ways is refused`(fields: String) throws {
        try refused("\(fields)\r\n\r\n")
    }

    // threats: HTP-02
    @Test(arguments: [
        "Transfer-Encoding: xchunked", "Transfer-Encoding: chunked, identity", "Transfer-Encoding: identity",
        "Transfer-Encoding: \u{B}chunked", "Transfer-Encoding: chun\u{212A}ed",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Transfer-Encoding:\r\n chunked",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding: gzip, chunked", "X-A: b\r\n folded", "Content-Length : 0",
        "Transfer-Encoding: \"chunked\"",
    ])
    func `a transfer coding other than chunked, folding and space before the colon are refused`(
        fields: String
    ) throws {
        try refused("\(fields)\r\n\r\n")
    }

    // threats: HTP-02
    @Test
    func `chunked in HTTP 1.0 is refused`() throws {
        try refused(Array("POST /oauth2/token HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".utf8))
    }

    // threats: HTP-03
    @Test(arguments: [
        "GET /healthz HTTP/1.1\nHost: x\n\n", "GET /healthz HTTP/1.1\r\nHost: x\r\nA: b\rC: d\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: x\r\nA: b\u{0}\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: x\r\nA\u{0}: b\r\n\r\n",
        "GET /healthz HTTP/1.1\r\n\tHost: x\r\n\r\n", "GET /\nHTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /healthz\tHTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: x\r\nbad name: y\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: x\r\nnocolon\r\n\r\n",
        "GET /heal\u{7F}thz HTTP/1.1\r\nHost: x\r\n\r\n", "get /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    ])
    func `bare line ends, control characters and broken names are refused`(request: String) throws {
        try refused(Array(request.utf8))
    }

    // threats: HTP-03
    @Test
    func `a byte that is no ASCII is refused in a name`() throws {
        try refused(Array("GET /healthz HTTP/1.1\r\nHost: x\r\nA".utf8) + [0x80] + Array(": b\r\n\r\n".utf8))
    }

    // threats: HTP-04
    @Test(arguments: [
        "FFFFFFFFFFFFFFFFF\r\n", "10000000000000000\r\n", "-1\r\nx\r\n", "0x5\r\nabcde\r\n", "1_0\r\nabc\r\n",
        "5 \r\nabcde\r\n", "\r\n",
        "g\r\n", "5;a=\"\r\n\"\r\nabcde\r\n", "2\r\r;a\r\n02\r\n", "0\n\r\n", "5\nabcde\r\n0\r\n\r\n",
        "5\r\nabcdeX0\r\n\r\n", "+5\r\nabcde\r\n",
    ])
    func `a chunk size that is none is refused`(chunks: String) throws {
        try refused("Transfer-Encoding: chunked\r\n\r\n\(chunks)")
    }

    // threats: HTP-04
    @Test
    func `a chunk extension of ten MiB is not read to its end`() throws {
        let connection = try Booth.current.connect()
        let head = "POST /oauth2/token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;"
        let sent = connection.send(
            Array(head.utf8) + [UInt8](repeating: UInt8(ascii: "a"), count: 10 << 20),
            seconds: 12
        )
        #expect(sent < 10 << 20)
        #expect(connection.endsWithin(seconds: 3))
    }

    // threats: HTP-04, HTP-06
    @Test
    func `chunks, even with extensions and trailers, make one body`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey().secret
        let head = Booth.head(
            "POST",
            "/oauth2/token",
            [
                "Content-Type: application/x-www-form-urlencoded", "Transfer-Encoding: Chunked",
                "X-API-Key: \(key)",
            ]
        )
        let chunks =
            "b\r\ngrant_type=\r\n00012;a=b\r\nclient_credentials\r\n0\r\nX-Trailer: 5\r\nX-API-Key: x\r\n\r\n"
        let response = try booth.send(head + "\r\n" + chunks)
        #expect(response.status == 200, "\(response.text)")
    }

    // threats: HTP-07
    @Test(arguments: [
        "", "Host: a\r\nHost: a\r\n", "Host: a\r\nHost: b\r\n", "Host: a/b\r\n", "Host: user@a\r\n",
        "Host: a b\r\n", "Host: a,b\r\n",
        "Host: é\r\n", "Host: a?b\r\n", "Host: a#b\r\n", "Host: %61\r\n",
    ])
    func `without exactly one plain Host the request is refused`(host: String) throws {
        try refused(Array("GET /healthz HTTP/1.1\r\n\(host)\r\n".utf8))
    }

    // threats: HTP-07
    @Test(arguments: [
        "GET http://evil.example/healthz", "OPTIONS *", "CONNECT localhost:443", "GET healthz",
        "GET \\healthz", "GET ?",
        "GET http://localhost/oauth2/jwks",
    ])
    func `a target that is no path is refused`(line: String) throws {
        try refused(Array("\(line) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8), statuses: [400])
    }

    // threats: HTP-16
    @Test(arguments: [
        "GET /healthz\r\n", "GET /healthz HTTP/1.2\r\nHost: x\r\n\r\n",
        "GET /healthz HTTP/2.0\r\nHost: x\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET /healthz HTTP/0.9\r\n\r\n",
        "GET /healthz HTTX/1.1\r\nHost: x\r\n\r\n",
        "GET /healthz ICE/1.0\r\nHost: x\r\n\r\n", "M-SEARCH * HTTP/1.1\r\nHost: x\r\n\r\n",
    ])
    func `other protocols and versions are refused`(request: String) throws {
        try refused(Array(request.utf8), statuses: [400, 505])
    }

    // threats: HTP-16
    @Test
    func `a TLS greeting on a plain port is refused`() throws {
        let connection = try Booth.current.connect()
        connection.send([0x16, 3, 1, 0, 0xA5, 1, 0, 0, 0xA1, 3, 3] + [UInt8](repeating: 0x0A, count: 160))
        #expect(connection.endsWithin(seconds: 3))
    }
}
