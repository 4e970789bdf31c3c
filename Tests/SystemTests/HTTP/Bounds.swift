import OAuth
import Testing

@Suite("Bounds of a request: RFC 9110 §15.5, RFC 6585 §5", .serialized, .booth)
struct RequestBounds {
    /// The answer, after which the connection ends although nobody asked for it.
    private func ends(
        _ request: [UInt8],
        with statuses: Int...,
        on listener: ListenerName = .public,
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let connection = try Booth.current.connect(listener)
        connection.send(request)
        let response = try #require(connection.response(), sourceLocation: location)
        #expect(statuses.contains(response.status), "\(response.status)", sourceLocation: location)
        #expect(response["connection"] == "close", sourceLocation: location)
        #expect(connection.endsWithin(seconds: 2), sourceLocation: location)
    }

    private func body(_ count: Int) throws -> [UInt8] {
        var call = TokenCall(
            body: "grant_type=client_credentials&x=",
            key: try Booth.current.makeKey().secret
        )
        let used = call.body?.count ?? 0
        call.body? += [UInt8](repeating: UInt8(ascii: "a"), count: count - used)
        return call.bytes
    }

    // threats: TOK-10
    @Test
    func `a body of 32 KiB is read, one more byte is not`() throws {
        #expect(try Booth.current.send(body(32 * 1024)).status == 200)
        try ends(body(32 * 1024 + 1), with: 413)
    }

    // threats: TOK-10
    @Test
    func `a length of ten thousand million is refused before its body`() throws {
        let head = Booth.head(
            "POST",
            "/oauth2/token",
            ["Content-Type: application/x-www-form-urlencoded", "Content-Length: 10000000000"]
        )
        let connection = try Booth.current.connect()
        connection.send(head + "\r\n")
        let response = try #require(connection.response())
        #expect(response.status == 413 && response["connection"] == "close")
        #expect(connection.endsWithin(seconds: 2))
        // What still comes is read for a second, whoever sends it slowly; a busy machine adds to that.
        let start = ContinuousClock.now
        let isClosed = eventually(seconds: 8) { connection.send("a") == 0 ? true : nil }
        #expect(isClosed == true && ContinuousClock.now - start < .seconds(3))
    }

    /// Goes on sending, whatever is answered, until the connection is gone.
    ///
    /// - Parameters:
    ///   - head: Of a request whose body has no end.
    ///   - isChunked: Whether what follows is that body in chunks.
    ///   - bytes: What may be read of it all.
    private func endless(
        _ head: String,
        isChunked: Bool,
        on listener: ListenerName = .public,
        with status: Int,
        reading bytes: Range<Int>,
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let booth = try Booth.current
        let connection = try booth.connect(listener)
        let (start, read) = (ContinuousClock.now, booth.bytesRead)
        connection.send(head + "\r\n")
        let data = [UInt8](repeating: UInt8(ascii: "a"), count: 4096)
        let piece = isChunked ? Array("1000\r\n".utf8) + data + Array("\r\n".utf8) : data
        var sent = 0
        while ContinuousClock.now - start < .seconds(12), sent < 64 << 20 {
            let count = connection.send(piece, seconds: 2)
            sent += count
            if count < piece.count { break }
        }
        let name = head.prefix(60)
        // What the kernels of both sides hold counts as sent.
        #expect(sent < 16 << 20, "\(name): \(sent)", sourceLocation: location)
        #expect(ContinuousClock.now - start < .seconds(3), sourceLocation: location)
        let response = connection.response()
        #expect(response?.status == status, "\(name)", sourceLocation: location)
        #expect(response?["connection"] == "close", "\(name)", sourceLocation: location)
        #expect(connection.isHungUp(within: 2), "\(name)", sourceLocation: location)
        if let read, let now = booth.bytesRead {
            #expect(bytes.contains(now - read), "\(name): \(now - read)", sourceLocation: location)
        }
    }

    // threats: TOK-10, HTP-12
    @Test
    func `after a refusal an endless body is not read for long`() throws {
        let chunked = ["Transfer-Encoding: chunked"]
        // 32 KiB before the answer and 64 KiB after it, a read of 8 KiB past each, and what else it reads.
        for path in ["/oauth2/token", "/nowhere", "/oauth2/jwks"] {
            let head = Booth.head("POST", path, chunked)
            try endless(head, isChunked: true, with: 413, reading: 16 << 10..<160 << 10)
        }
        for credential in [["Authorization: Bearer \(try Booth.current.rootKey)"], []] {
            let head = Booth.head("POST", "/admin/v1/keys", chunked + credential)
            try endless(head, isChunked: true, on: .admin, with: 413, reading: 64 << 10..<192 << 10)
        }
        let long = Booth.head("POST", "/oauth2/token", ["Content-Length: 10000000000"])
        try endless(long, isChunked: false, with: 413, reading: 0..<128 << 10)
    }

    // threats: HTP-12
    @Test
    func `after a 401 that comes before the body, or after one, what follows is not read for long`() throws {
        let unknown = String(decoding: APIKey.generate().secret, as: UTF8.self)
        for credential in [[], ["Authorization: Bearer \(unknown)"], ["X-API-Key: \(unknown)"]] {
            let path = "/forward-auth?audience=\(Booth.audience)&allow_api_key=1"
            for method in ["GET", "POST"] {
                let chunked = Booth.head(method, path, credential + ["Transfer-Encoding: chunked"])
                try endless(chunked, isChunked: true, with: 401, reading: 0..<128 << 10)
                let long = Booth.head(method, path, credential + ["Content-Length: 10000000000"])
                try endless(long, isChunked: false, with: 401, reading: 0..<128 << 10)
            }
        }
        // The client said that this is its last request, and goes on.
        for (listener, path, body) in [
            (ListenerName.public, "/oauth2/token", "grant_type=client_credentials"),
            (.public, "/oauth2/introspect", "token=x"), (.admin, "/admin/v1/keys", "{}"),
        ] {
            let type =
                body == "{}"
                ? "Content-Type: application/json" : "Content-Type: application/x-www-form-urlencoded"
            let fields = [type, "Content-Length: \(body.utf8.count)", "Connection: close"]
            let head = Booth.head("POST", path, fields + ["Authorization: Bearer \(unknown)"])
            try endless(
                head + "\r\n" + body,
                isChunked: false,
                on: listener,
                with: 401,
                reading: 0..<128 << 10
            )
        }
    }

    // threats: HTP-12
    @Test
    func `the client of a refused request gets the answer although it goes on sending`() throws {
        let connection = try Booth.current.connect()
        connection.send(Booth.head("POST", "/oauth2/token", ["Content-Length: 40000"]) + "\r\n")
        connection.send([UInt8](repeating: UInt8(ascii: "a"), count: 30_000))
        let response = connection.response()
        #expect(response?.status == 413)
        #expect(connection.endsWithin(seconds: 2))
    }

    // threats: HTP-06
    @Test
    func `a hundred header fields are read, a hundred and one are not`() throws {
        let booth = try Booth.current
        func request(_ count: Int) -> [UInt8] {
            Array((Booth.head("GET", "/healthz", (1..<count).map { "X-\($0): y" }) + "\r\n").utf8)
        }
        #expect(try booth.send(request(100)).status == 200)
        try ends(request(101), with: 431)
        try ends(request(100_000), with: 431, 400)
    }

    // threats: HTP-06
    @Test
    func `a header section of 32 KiB is read, one more byte is not, in one field or in many`() throws {
        /// Target, names and values are what counts, not what stands between them.
        func request(_ count: Int, fields: Int) -> [UInt8] {
            let names = (0..<fields).map { "X-\($0)" }
            var left = count - "/healthzHostlocalhost".utf8.count - names.joined().utf8.count
            let lines = names.enumerated().map { index, name in
                let length = left / (fields - index)
                left -= length
                return "\(name): " + String(repeating: "v", count: length)
            }
            return Array((Booth.head("GET", "/healthz", lines) + "\r\n").utf8)
        }
        for fields in [1, 2, 90] {
            #expect(try Booth.current.send(request(32 * 1024, fields: fields)).status == 200, "\(fields)")
            try ends(request(32 * 1024 + 1, fields: fields), with: 431)
        }
    }

    // threats: HTP-06
    @Test
    func `header sections of more than 32 KiB are refused, in one field or in many`() throws {
        let value = String(repeating: "v", count: 40 * 1024)
        try ends(Array((Booth.head("GET", "/healthz", ["X-Long: \(value)"]) + "\r\n").utf8), with: 431)
        let many = (0..<90).map { "X-\($0): " + String(repeating: "v", count: 400) }
        try ends(Array((Booth.head("GET", "/healthz", many) + "\r\n").utf8), with: 431)
        let name = String(repeating: "n", count: 40 * 1024)
        try ends(Array((Booth.head("GET", "/healthz", ["\(name): v"]) + "\r\n").utf8), with: 431)
    }

    // threats: HTP-06
    @Test
    func `trailers are bounded like headers`() throws {
        let head = Booth.head("POST", "/oauth2/token", ["Transfer-Encoding: chunked"])
        let trailers = (0..<200_000).map { "T\($0): x\r\n" }.joined()
        try ends(Array((head + "\r\n0\r\n" + trailers + "\r\n").utf8), with: 431, 400)
    }

    // threats: HTP-06
    @Test
    func `a request line of more than 8 KiB is 414`() throws {
        try ends(
            Array((Booth.head("GET", "/" + String(repeating: "a", count: 8 * 1024)) + "\r\n").utf8),
            with: 414
        )
        try ends(
            Array((Booth.head("GET", "/" + String(repeating: "a", count: 100 * 1024)) + "\r\n").utf8),
            with: 414,
            431,
            400
        )
    }

    // threats: HTP-12
    @Test
    func `the admin listener bounds bodies at 64 KiB, with a credential and without`() throws {
        let booth = try Booth.current
        for credential in [["Authorization: Bearer \(booth.rootKey)"], []] {
            let head = Booth.head(
                "POST",
                "/admin/v1/keys",
                ["Content-Length: 65537", "Content-Type: application/json"] + credential
            )
            try ends(Array((head + "\r\n").utf8), with: 413, on: .admin)
        }
        let padded = "{\"name\":\"wide\",\"scopes\":[]" + String(repeating: " ", count: 65_000) + "}"
        #expect(try booth.admin("POST", "keys", padded).status == 201)
    }
}
