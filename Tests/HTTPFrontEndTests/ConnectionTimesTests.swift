import Glibc
import NIOCore
import Testing

@testable import HTTPFrontEnd

@Suite("How long a connection waits, and what is told of it")
struct ConnectionTimesTests {
    // MARK: A client that reads nothing

    // threats: HTP-11
    @Test
    func `a client that reads nothing is hung up on, also when the last of its requests is refused`()
        async throws
    {
        let client = try EmbeddedClient(try await ForwardAuthDesk())
        client.send(EmbeddedClient.report + EmbeddedClient.report + "GET / HTTP/1.1\r\n\r\n")
        #expect(client.handler.mode == .refusing)
        client.reads(false)
        try client.answer()
        #expect(client.handler.answering == nil && client.handler.queue.count == 2)
        client.handler.check(.now() + .seconds(30))
        #expect(!client.isGone)
        client.handler.check(.now() + .seconds(60))
        #expect(client.isGone)
    }

    @Test
    func `a client that has read in time gets the rest of its answers, and the refusal`() async throws {
        let client = try EmbeddedClient(try await ForwardAuthDesk())
        client.send(EmbeddedClient.report + EmbeddedClient.report + "GET / HTTP/1.1\r\n\r\n")
        client.reads(false)
        try client.answer()
        client.reads(true)
        client.handler.check(.now() + .seconds(60))
        #expect(!client.isGone)
        try client.answer()
        #expect(try client.statuses() == ["200", "200", "400"])
    }

    // MARK: Requests that take their time

    // threats: HTP-09
    @Test
    func `the duration of a request begins with its first byte`() async throws {
        let client = try EmbeddedClient(try await ForwardAuthDesk())
        client.send("GET /healthz HTTP/1.1\r\n")
        usleep(30_000)
        client.send("Host: x\r\n\r\n")
        #expect(try client.statuses() == ["200"])
        let duration = client.handler.loop.metrics.durations["getLiveness"]?.sumNanoseconds ?? 0
        #expect(duration >= 30_000_000)
    }

    // threats: HTP-09, HTP-10
    @Test(arguments: [
        "GET /healthz HT", "POST /oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\na",
    ])
    func `so does that of a request which never arrives`(beginning: String) async throws {
        var bounds = Bounds()
        (bounds.headerTime, bounds.bodyTime) = (.milliseconds(30), .milliseconds(30))
        let client = try EmbeddedClient(try await ForwardAuthDesk(), bounds: bounds)
        client.send(beginning)
        usleep(30_000)
        client.handler.check(.now())
        #expect(try client.statuses() == ["408"])
        let duration = client.handler.loop.metrics.durations[Route.none]?.sumNanoseconds ?? 0
        #expect(duration >= 30_000_000)
    }

    @Test
    func `requests that arrive whole begin with the read that brought them`() async throws {
        let client = try EmbeddedClient(try await ForwardAuthDesk())
        let form = "POST /oauth2/revoke HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab"
        client.send(EmbeddedClient.health)
        client.send(String(form.dropLast()))
        usleep(1_000)
        client.sendUnanswered("b" + form + EmbeddedClient.health)
        let arrived = client.handler.queue.compactMap { item -> NIODeadline? in
            if case .request(let request) = item { request.arrived } else { nil }
        }
        let last = client.handler.readTime
        #expect(arrived.count == 3 && arrived[0] < last && arrived[1...].allSatisfy { $0 == last })
    }

    // MARK: Between requests

    // threats: HTP-09
    @Test
    func `a header section that begins while another request is answered has ten seconds`() async throws {
        let client = try EmbeddedClient(try await ForwardAuthDesk())
        client.send(EmbeddedClient.report)
        client.send("GET /heal")
        try client.answer()
        client.handler.check(.now() + .seconds(5))
        #expect(try client.statuses() == ["200"])
        client.handler.check(.now() + .seconds(10))
        #expect(try client.statuses() == ["408"])
    }

    @Test(arguments: [true, false])
    func `an empty line before a request begins none: RFC 9112 §2.2`(isAnswering: Bool) async throws {
        let client = try EmbeddedClient(try await ForwardAuthDesk())
        client.send(isAnswering ? EmbeddedClient.report : EmbeddedClient.health)
        client.send("\r\n")
        if isAnswering { try client.answer() }
        client.handler.check(.now() + .seconds(10))
        #expect(try client.statuses() == ["200"] && !client.isGone)
        client.send(EmbeddedClient.health)
        #expect(try client.statuses() == ["200"])
    }

    // MARK: Interim answers

    /// RFC 9110 §15.2: it would be taken for the answer to a request before.
    @Test
    func `a client is asked for its body after the answers to what it asked before`() async throws {
        let client = try EmbeddedClient(try await ForwardAuthDesk())
        let padding = String(repeating: "x", count: 256 - EmbeddedClient.health.utf8.count - 5)
        let health = "GET /healthz HTTP/1.1\r\nHost: x\r\nX: \(padding)\r\n\r\n"
        let rest = "POST /leaks HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
        client.send(String(repeating: health, count: 8) + rest)
        #expect(try client.statuses() == Array(repeating: "200", count: 8) + ["100"])
    }
}
