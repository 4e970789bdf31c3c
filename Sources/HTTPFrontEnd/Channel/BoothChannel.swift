import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOSSL

/// The one channel of both listeners: our protocol handler on NIO's decoder, Hummingbird behind it.
///
/// From the socket: TLS when there is any, the ``ByteWatch``, NIO's HTTP/1 decoder, the ``ProtocolHandler``;
/// and then, for what that hands on, NIO's codec and Hummingbird's request loop.
struct BoothChannel: ServerChildChannel, HTTPChannelHandler {
    typealias Value = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    let responder: HTTPChannelHandler.Responder
    let listener: ListenerContext
    let loops: LoopStates
    let tls: NIOSSLContext?

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
            let handler = ProtocolHandler(loop: try loops[channel.eventLoop], listener: listener)
            try pipeline.addHandler(ByteWatch(handler))
            try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder(limitConfiguration: limits)))
            try pipeline.addHandler(handler)
            try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: tls != nil))
            return try NIOAsyncChannel(
                wrappingChannelSynchronously: channel,
                configuration: .init(isOutboundHalfClosureEnabled: true)
            )
        }
    }

    func handle(value: Value, logger: Logger) async { await handleHTTP(asyncChannel: value, logger: logger) }

    private var limits: NIOHTTPDecoderLimitConfiguration {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = listener.bounds.headerBytes
        limits.maxHeaderListSize = listener.bounds.headerBytes
        limits.maxHeaderFieldCount = listener.bounds.headerFields
        return limits
    }
}

/// The states of all event loops, each to be touched on its own loop only.
struct LoopStates: Sendable {
    private let states: [ObjectIdentifier: NIOLoopBound<LoopState>]

    /// A loop that the front end was not made with.
    struct UnknownEventLoop: Error {}

    init(_ states: [NIOLoopBound<LoopState>]) {
        self.states = Dictionary(uniqueKeysWithValues: states.map { (ObjectIdentifier($0.eventLoop), $0) })
    }

    /// - Throws: ``UnknownEventLoop``.
    subscript(_ eventLoop: any EventLoop) -> LoopState {
        get throws {
            guard let state = states[ObjectIdentifier(eventLoop)] else { throw UnknownEventLoop() }
            return state.value
        }
    }

    /// The counters of all loops, added up.
    func metrics() async -> LoopMetrics {
        var sum = LoopMetrics()
        for state in states.values {
            if let metrics = try? await state.eventLoop.submit({ state.value.measured() }).get() {
                sum.add(metrics)
            }
        }
        return sum
    }

    /// Hands over what is still gathered of the access log.
    func handOverLogs() async {
        for state in states.values {
            _ = try? await state.eventLoop.submit { state.value.accessLog.handOver() }.get()
        }
    }
}
