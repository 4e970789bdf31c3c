import NIOCore
import Testing

@testable import HTTPFrontEnd

@Suite("Answers that go out in pieces")
struct LargeAnswersTests {
    /// For which every answer is a large one.
    private static var bounds: Bounds {
        var bounds = Bounds()
        bounds.bodyPiece = 5
        return bounds
    }

    private static func text(_ client: EmbeddedClient) throws -> [String] {
        try ForwardAuthDesk.answers(on: client.channel).map { answer in
            String(answer.prefix(3)) + (answer.split(separator: "\r\n\r\n").dropFirst().first ?? "")
        }
    }

    private static let healthy = #"200{"status":"ok"}"#

    @Test
    func `many in a row are whole and in order`() async throws {
        let client = try EmbeddedClient(try await ForwardAuthDesk(), bounds: Self.bounds)
        client.send(String(repeating: EmbeddedClient.health, count: 100))
        #expect(try Self.text(client) == Array(repeating: Self.healthy, count: 100))
    }

    @Test
    func `a piece is made when the one before can leave, and the next answer after the last`() async throws {
        let client = try EmbeddedClient(try await ForwardAuthDesk(), bounds: Self.bounds)
        client.reads(false)
        client.send(EmbeddedClient.health + EmbeddedClient.health)
        #expect(try Self.text(client) == [])
        client.reads(true)
        #expect(try Self.text(client) == [Self.healthy, Self.healthy])
    }

    @Test
    func `the connection ends after the last piece, and what was asked behind it is not answered`()
        async throws
    {
        let client = try EmbeddedClient(try await ForwardAuthDesk(), bounds: Self.bounds)
        let last = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        client.send(EmbeddedClient.health + last + EmbeddedClient.health)
        #expect(try Self.text(client) == [Self.healthy, Self.healthy])
        #expect(client.handler.mode == .lingering && client.handler.isEnding)
    }

    @Test
    func `a client that leaves in the middle leaves nothing behind`() async throws {
        let client = try EmbeddedClient(try await ForwardAuthDesk(), bounds: Self.bounds)
        client.sendUnanswered(EmbeddedClient.health)
        client.handler.workOut()
        #expect(!client.handler.rest.isEmpty)
        client.leave()
        #expect(client.handler.rest.isEmpty)
    }
}
