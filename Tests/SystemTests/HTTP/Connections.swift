import Foundation
import Glibc
import OAuth
import Primitives
import Testing

@Suite("Connections: RFC 9112 §9", .serialized, .booth)
struct Connections {
    private static let jwks = Array((Booth.head("GET", "/oauth2/jwks") + "\r\n").utf8)

    // threats: HTP-15
    @Test
    func `ten thousand pipelined requests are answered in order`() throws {
        let connection = try Booth.current.connect()
        let requests = (0..<10_000).map { Booth.head("GET", "/healthz", ["X-Request-Id: r\($0)"]) + "\r\n" }
            .joined()
        connection.send(Array(requests.utf8), seconds: 30)
        for index in 0..<10_000 {
            let response = try #require(connection.response())
            guard response.status == 200, response["x-request-id"] == "r\(index)" else {
                Issue.record("answer \(index) is \(response.status) for \(response["x-request-id"] ?? "")")
                return
            }
        }
    }

    /// A key that is cached, one that the store must be asked for, and the first again.
    @Test
    func `a slow request between two quick ones keeps its place`() throws {
        let booth = try Booth.current
        let (hot, cold) = (try booth.makeKey(), try booth.makeKey())
        #expect(try booth.token(TokenCall(key: hot.secret)).status == 200)
        let unknown = String(decoding: APIKey.generate().secret, as: UTF8.self)
        let connection = try booth.connect()
        connection.send(
            [hot.secret, cold.secret, hot.secret, unknown, hot.secret].flatMap { TokenCall(key: $0).bytes }
        )
        for id in [hot.id, cold.id, hot.id, nil, hot.id] {
            let response = try #require(connection.response())
            #expect(response.status == (id == nil ? 401 : 200))
            if let id { #expect(try AccessToken.unverifiedClaims(response)["client_id"]?.string == id) }
        }
    }

    @Test
    func `on the admin listener too every answer stands in its place`() throws {
        let booth = try Booth.current
        let connection = try booth.connect(.admin)
        let paths = [
            "healthz", "admin/v1/keys", "readyz", "healthz", "admin/v1/scopes", "readyz", "nowhere",
            "metrics",
            "healthz",
        ]
        let requests = paths.enumerated().map { index, path in
            Booth.head(
                "GET",
                "/" + path,
                ["Authorization: Bearer \(booth.rootKey)", "X-Request-Id: a\(index)"]
            ) + "\r\n"
        }
        connection.send(requests.joined())
        for index in paths.indices {
            let response = try #require(connection.response())
            #expect(response["x-request-id"] == "a\(index)")
            #expect(response.status == (paths[index] == "nowhere" ? 404 : 200))
        }
    }

    @Test
    func `a client that half-closes gets its answers, cached or not, and then the end`() throws {
        let booth = try Booth.current
        let (hot, cold) = (try booth.makeKey().secret, try booth.makeKey().secret)
        #expect(try booth.token(TokenCall(key: hot)).status == 200)
        let connection = try booth.connect()
        connection.send(TokenCall(key: hot).bytes + TokenCall(key: cold).bytes + Self.jwks)
        connection.finishSending()
        for _ in 0..<3 { #expect(connection.response()?.status == 200) }
        #expect(connection.endsWithin(seconds: 2))

        let admin = try booth.connect(.admin)
        admin.send(Booth.head("GET", "/admin/v1/keys", ["Authorization: Bearer \(booth.rootKey)"]) + "\r\n")
        admin.finishSending()
        #expect(admin.response()?.status == 200)
        #expect(admin.endsWithin(seconds: 2))
    }

    @Test
    func `a client that half-closes and reads slowly gets every byte`() throws {
        let connection = try Booth.current.connect(receiveBuffer: 4096)
        let page = Booth.head("GET", "/docs") + "\r\n"
        connection.send(String(repeating: page, count: 20))
        connection.finishSending()
        for index in 0..<20 {
            let response = connection.response()
            #expect(response?.status == 200, "answer \(index)")
            usleep(20_000)
        }
        #expect(connection.endsWithin(seconds: 2))
    }

    /// What has arrived by the end of its input is more than may stand in line.
    @Test
    func `a client that half-closes behind a thousand requests gets every answer in order`() throws {
        let connection = try Booth.current.connect(receiveBuffer: 4096)
        let requests = (0..<1_000).map {
            Booth.head("GET", "/oauth2/jwks", ["X-Request-Id: r\($0)"]) + "\r\n"
        }
        connection.send(Array(requests.joined().utf8), isReading: false)
        connection.finishSending()
        usleep(200_000)
        for index in 0..<1_000 {
            let response = try #require(connection.response())
            try #require(response.status == 200 && response["x-request-id"] == "r\(index)", "answer \(index)")
        }
        #expect(connection.endsWithin(seconds: 2))
    }

    @Test
    func `half a request and then no more is 400`() throws {
        let connection = try Booth.current.connect()
        connection.send("GET /healthz HTTP/1.1\r\nHost: x")
        connection.finishSending()
        let response = connection.response()
        #expect(response == nil || response?.status == 400)
        #expect(connection.endsWithin(seconds: 2))
    }

    // threats: HTP-17
    @Test(arguments: ["close", "Close", "CLOSE", "keep-alive, Close", " close "])
    func `the wish to close is understood in any case`(value: String) throws {
        let connection = try Booth.current.connect()
        connection.send(Booth.head("GET", "/healthz", ["Connection: \(value)"]) + "\r\n")
        #expect(connection.response()?["connection"] == "close")
        #expect(connection.endsWithin(seconds: 2))
    }

    @Test
    func `a connection serves many requests, with HTTP 1.0 when asked to`() throws {
        let booth = try Booth.current
        let connection = try booth.connect()
        for _ in 0..<3 {
            connection.send(Self.jwks)
            #expect(connection.response()?.status == 200)
        }
        let old = try booth.connect()
        old.send("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        #expect(old.response()?["connection"] == "keep-alive")
        old.send("GET /healthz HTTP/1.0\r\n\r\n")
        #expect(old.response()?.status == 200)
        #expect(old.endsWithin(seconds: 2))
    }

    // threats: HTP-14
    @Test
    func `two thousand connections that are reset at any point leave no trace`() throws {
        let booth = try Booth.current
        let call = TokenCall(key: try booth.makeKey().secret).bytes
        #expect(try booth.send(call).status == 200)
        func descriptors() -> Int {
            (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(booth.process.identifier)/fd")
                .count) ?? 0
        }
        let before = descriptors()
        for index in 0..<2_000 {
            let connection = try RawConnection(port: booth.publicPort)
            connection.send(Array((call + Self.jwks).prefix(index % (call.count + Self.jwks.count) + 1)))
            if index % 3 == 0 { _ = connection.response(seconds: 0) }
            connection.reset()
        }
        #expect(eventually(seconds: 10) { descriptors() <= before + 40 ? true : nil } == true)
    }

    // threats: HTP-16
    @Test
    func `a client that expects 100 is asked for its body, any other expectation is refused`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey().secret
        let connection = try booth.connect()
        let fields = [
            "Content-Type: application/x-www-form-urlencoded", "Content-Length: 29", "X-API-Key: \(key)",
        ]
        connection.send(Booth.head("POST", "/oauth2/token", fields + ["Expect: 100-continue"]) + "\r\n")
        #expect(connection.response()?.status == 100)
        connection.send("grant_type=client_credentials")
        #expect(connection.response()?.status == 200)
        let other = Booth.head("POST", "/oauth2/token", fields + ["Expect: 200-ok"]) + "\r\n"
        #expect(try booth.send(other).status == 417)
    }

    // threats: HTP-16
    @Test(arguments: ["h2c", "websocket"])
    func `an upgrade is not made`(protocolName: String) throws {
        let connection = try Booth.current.connect()
        connection.send(
            Booth.head(
                "GET",
                "/healthz",
                ["Connection: Upgrade, HTTP2-Settings", "Upgrade: \(protocolName)"]
            ) + "\r\n"
        )
        #expect(connection.response()?.status == 200)
        #expect(connection.endsWithin(seconds: 2))
    }
}
