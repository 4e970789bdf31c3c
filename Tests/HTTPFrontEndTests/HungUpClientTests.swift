import AuthorizationServer
import NIOCore
import OAuth
import Primitives
import Testing

@testable import HTTPFrontEnd

@Suite("Clients that hang up before they are answered")
struct HungUpClientTests {
    private struct NoRequest: Error {}

    /// A client that goes while its request is being answered.
    private func hangUp(_ desk: ForwardAuthDesk, asking path: String) throws
        -> (handler: ProtocolHandler, request: CollectedRequest)
    {
        let client = try EmbeddedClient(desk)
        client.sendUnanswered("POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        guard case .request(let request)? = client.handler.queue.popFirst() else { throw NoRequest() }
        client.handler.answering = request
        client.leave()
        return (client.handler, request)
    }

    private func answers(_ operation: String, _ method: String, _ status: Int)
        -> [LoopMetrics.RequestLabels: UInt64]
    {
        [.init(operation: operation, method: method, status: status): 1]
    }

    @Test
    func `what was done for one is counted as for any other`() async throws {
        let (handler, _) = try hangUp(try await ForwardAuthDesk(), asking: "/oauth2/revoke")
        handler.finish(Revocation.answer(to: nil))
        #expect(handler.loop.metrics.requests == answers("revokeToken", "POST", 200))
    }

    @Test
    func `no token is made for one whose key was looked up meanwhile`() async throws {
        let desk = try await ForwardAuthDesk()
        let (handler, request) = try hangUp(desk, asking: "/oauth2/token")
        let token = try TokenRequest(
            form: FormParameters(parsing: Array("grant_type=client_credentials".utf8)),
            authorization: [],
            apiKeyHeader: [String(decoding: desk.key.secret, as: UTF8.self)]
        )
        handler.loop.loadsInFlight = 1
        let found = TokenEndpoint.FoundClients(authenticated: desk.client, subject: nil)
        handler.conclude(.success(found), for: token, request)
        #expect(handler.loop.loadsInFlight == 0)
        #expect(handler.loop.metrics.tokens.isEmpty)
        #expect(handler.loop.metrics.requests == answers("issueToken", "POST", 499))
    }

    @Test
    func `what one has not got uses nothing of its quota`() async throws {
        let desk = try await ForwardAuthDesk(#","quota":{"tokens":1,"period":"day"}"#)
        for _ in 0..<2 {
            let (handler, request) = try hangUp(desk, asking: "/oauth2/token")
            #expect(handler.admit(desk.client, for: .tokenExchange, at: desk.now, request))
            handler.abandon()
            #expect(handler.asking == nil && handler.answering == nil)
            #expect(handler.loop.metrics.requests == answers("issueToken", "POST", 499))
        }
    }

    @Test
    func `one that waited for Hummingbird is counted, once`() async throws {
        let client = try EmbeddedClient(try await ForwardAuthDesk())
        client.send(EmbeddedClient.report)
        client.leave()
        client.handler.finish(Answer(status: 200))
        #expect(client.handler.loop.metrics.requests == answers("reportLeaks", "POST", 499))
    }
}
