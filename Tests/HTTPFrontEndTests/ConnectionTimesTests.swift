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
        client.send(EmbeddedClient.page + EmbeddedClient.page + "GET / HTTP/1.1\r\n\r\n")
        #expect(client.handler.mode == .refusing)
        client.reads(false)
        try client.answer()
        #expect(client.handler.answering == nil && client.handler.queue.count == 2)
        client.handler.check(.now() + .seconds(59))
        #expect(!client.isGone)
        client.handler.check(.now() + .seconds(60))
        #expect(client.isGone)
    }

    @Test
    func `a client that has read in time gets the rest of its answers, and the refusal`() async throws {
        let client = try EmbeddedClient(try await ForwardAuthDesk())
        client.send(EmbeddedClient.page + EmbeddedClient.page + "GET / HTTP/1.1\r\n\r\n")
        client.reads(false)
        try client.answer()
        client.reads(true)
        client.handler.check(.now() + .seconds(60))
        #expect(!client.isGone)
        try client.answer()
        #expect(try client.statuses() == ["200", "200", "400"])
    }
}
