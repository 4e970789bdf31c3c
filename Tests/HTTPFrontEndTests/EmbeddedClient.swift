import NIOCore
import NIOEmbedded
import NIOHTTP1

@testable import HTTPFrontEnd

/// A client of the public listener, over a connection in memory.
struct EmbeddedClient {
    /// Asks for what Hummingbird answers, and so not before ``answer()``.
    static let report = "POST /leaks HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n[]"
    static let health = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"

    let channel: EmbeddedChannel
    let handler: ProtocolHandler

    init(_ desk: ForwardAuthDesk, bounds: Bounds = Bounds()) throws {
        (channel, handler) = try desk.connect(bounds: bounds)
    }

    /// One read of the server.
    func send(_ text: String) {
        sendUnanswered(text)
        channel.pipeline.fireChannelReadComplete()
        channel.embeddedEventLoop.run()
    }

    /// The same, when the server has not come to answering yet.
    func sendUnanswered(_ text: String) { channel.pipeline.fireChannelRead(ByteBuffer(string: text)) }

    /// What the server has asked for is read by the client, or is not.
    func reads(_ isReading: Bool) {
        channel.isWritable = isReading
        channel.pipeline.fireChannelWritabilityChanged()
    }

    /// Hummingbird's answer to what was handed on to it.
    func answer() throws {
        let head = HTTPResponseHead(version: .http1_1, status: .ok)
        try channel.writeOutbound(HTTPServerResponsePart.head(head))
        try channel.writeOutbound(HTTPServerResponsePart.end(nil))
    }

    /// Of what was written since the last call.
    func statuses() throws -> [String] {
        try ForwardAuthDesk.answers(on: channel).map { String($0.prefix(3)) }
    }

    func leave() {
        channel.close(promise: nil)
        channel.embeddedEventLoop.run()
    }

    var isGone: Bool { handler.context == nil }
}
