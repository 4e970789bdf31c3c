import Glibc
import NIOCore
import NIOEmbedded
import Testing

@testable import HTTPFrontEnd

@Suite("A connection that waits for its turn to read")
struct WaitingForATurnTests {
    /// A client of the admin listener that was answered once.
    private struct Customer {
        static let request = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"

        let channel: EmbeddedChannel
        let handler: ProtocolHandler

        init(_ desk: ForwardAuthDesk) throws {
            (channel, handler) = try desk.connect(to: .admin)
            handler.loop.turns.isWatching = true
            send(Self.request)
            #expect(try answers() == ["200"])
        }

        func send(_ text: String) {
            channel.pipeline.fireChannelRead(ByteBuffer(string: text))
            channel.pipeline.fireChannelReadComplete()
        }

        func answers() throws -> [String] {
            channel.embeddedEventLoop.run()
            return try ForwardAuthDesk.answers(on: channel).map { String($0.prefix(3)) }
        }

        /// The connection wants to read again after a turn of its event loop that took too long.
        func readAfterLongTurn() {
            channel.embeddedEventLoop.run()
            handler.loop.turns.hasRead(at: handler.readTime - .milliseconds(50))
            channel.read()
        }

        var isGone: Bool { handler.context == nil }

        func closeHalf() { channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }

        func endService() { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }

        func leave() { channel.close(promise: nil) }

        func nextTurn() { channel.embeddedEventLoop.advanceTime(by: .milliseconds(1)) }
    }

    // threats: OPS-05
    @Test
    func `a client that closes its half is answered, and not before it is its turn`() async throws {
        let customer = try Customer(try await ForwardAuthDesk())
        customer.readAfterLongTurn()
        #expect(customer.handler.isInLine)
        customer.send(Customer.request + Customer.request)
        customer.closeHalf()
        #expect(try customer.answers() == [])
        customer.nextTurn()
        #expect(try customer.answers() == ["200", "200"])
        #expect(customer.isGone)
    }

    @Test
    func `what a client asked that has gone meanwhile is not answered`() async throws {
        let customer = try Customer(try await ForwardAuthDesk())
        customer.readAfterLongTurn()
        customer.send(Customer.request)
        customer.leave()
        customer.nextTurn()
        #expect(try customer.answers() == [])
        #expect(customer.handler.loop.turns.waiting == 0)
    }

    @Test
    func `what has reached the socket when the service ends is answered`() async throws {
        let customer = try Customer(try await ForwardAuthDesk())
        customer.endService()
        customer.send(Customer.request)
        #expect(try customer.answers() == ["200"])
        customer.channel.embeddedEventLoop.advanceTime(by: .milliseconds(5))
        #expect(try customer.answers() == [])
        #expect(customer.isGone)
    }

    /// An import takes 175 reads, and has ten seconds for them all.
    @Test(arguments: [(64 * 1024, true), (64 * 1024 + 1, false)])
    func `a large body on its way is read on, a small one waits`(length: Int, waits: Bool) async throws {
        let customer = try Customer(try await ForwardAuthDesk())
        let head = "POST /admin/v1/keys/import HTTP/1.1\r\nHost: x\r\nContent-Length: \(length)\r\n\r\n"
        customer.send(head + "{")
        customer.readAfterLongTurn()
        #expect(customer.handler.isInLine == waits)
    }

    @Test
    func `the time in line is not the client's, and what it sends later than it may is refused afterwards`()
        async throws
    {
        let customer = try Customer(try await ForwardAuthDesk())
        customer.send("POST /admin/v1/keys HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
        let allowed = customer.handler.deadline.time
        customer.readAfterLongTurn()
        #expect(customer.handler.isInLine)
        customer.handler.check(allowed + .milliseconds(1))
        #expect(try customer.answers() == [])
        usleep(20_000)
        customer.nextTurn()
        #expect(customer.handler.deadline.time >= allowed + .milliseconds(20))
        customer.handler.check(customer.handler.deadline.time)
        #expect(try customer.answers() == ["408"])
    }
}
