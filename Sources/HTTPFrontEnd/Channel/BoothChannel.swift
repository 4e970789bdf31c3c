import AuthorizationServer
import Glibc
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOSSL
import Synchronization

/// The one channel of both listeners: our protocol handler on NIO's decoder, Hummingbird behind it.
///
/// From the socket: TLS when there is any, the ``ByteWatch``, NIO's HTTP/1 decoder, the ``ProtocolHandler``;
/// and then, for what that hands on, NIO's codec and Hummingbird's request loop.
struct BoothChannel: ServerChildChannel, HTTPChannelHandler {
    typealias Value = AcceptedConnection

    let responder: HTTPChannelHandler.Responder
    let listener: ListenerContext
    let loops: LoopStates
    let tls: NIOSSLContext?

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            try bound(channel)
            let pipeline = channel.pipeline.syncOperations
            if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
            let handler = ProtocolHandler(loop: try loops[channel.eventLoop], listener: listener)
            try pipeline.addHandler(ByteWatch(handler))
            try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder(limitConfiguration: limits)))
            try pipeline.addHandler(handler)
            try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: tls != nil))
            let connection = try AcceptedConnection.AsyncChannel(
                wrappingChannelSynchronously: channel,
                configuration: .init(isOutboundHalfClosureEnabled: true)
            )
            return AcceptedConnection(connection) { await handleHTTP(asyncChannel: $0, logger: logger) }
        }
    }

    /// What a connection may take of memory before any handler sees it, and after.
    ///
    /// One read at a time, and none that the protocol handler has not asked for: what it brings is answered, or held
    /// back, before the next.
    private func bound(_ channel: any Channel) throws {
        guard let options = channel.syncOptions else { return }
        let bounds = listener.bounds
        try options.setOption(.autoRead, value: false)
        try options.setOption(.maxMessagesPerRead, value: 1)
        try options.setOption(
            .recvAllocator,
            value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 2048, maximum: bounds.readBytes)
        )
        let (high, low) = bounds.waitingOutput
        try options.setOption(.writeBufferWaterMark, value: .init(low: low, high: high))
        // A pipe has no such option, and without it the kernel's own limit holds.
        try? options.setOption(.tcpOption(.init(rawValue: TCP_NOTSENT_LOWAT)), value: bounds.unsentBytes)
    }

    func handle(value: Value, logger: Logger) async { await value.serve() }

    private var limits: NIOHTTPDecoderLimitConfiguration {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = listener.bounds.headerBytes
        limits.maxHeaderListSize = listener.bounds.headerBytes
        limits.maxHeaderFieldCount = listener.bounds.headerFields
        return limits
    }
}

/// A connection that is served even when nobody takes it over.
///
/// A listener that closes drops the connections that it has just accepted. Such a one may have been asked something
/// already, and NIO ends the process when a channel of its kind goes unused.
final class AcceptedConnection: ServerChildChannelValue {
    typealias AsyncChannel = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    private let connection: AsyncChannel
    private let loop: @Sendable (AsyncChannel) async -> Void
    private let isTaken = Atomic<Bool>(false)

    var channel: any Channel { connection.channel }

    init(_ connection: AsyncChannel, loop: @escaping @Sendable (AsyncChannel) async -> Void) {
        self.connection = connection
        self.loop = loop
    }

    func serve() async {
        isTaken.store(true, ordering: .relaxed)
        await loop(connection)
    }

    deinit {
        guard !isTaken.load(ordering: .relaxed) else { return }
        if connection.channel.isActive {
            // The word to finish may have come before there was anybody to hear it.
            connection.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        } else {
            // Nothing was read, and nothing ever will be: the listener that would make it active is gone.
            connection.channel.close(promise: nil)
        }
        Task { [connection, loop] in await loop(connection) }
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

    /// What keys did since the last call, of those loops that have counted for so many keys.
    func takeUsage(atLeast count: Int) async -> UsageHarvest {
        var sum = UsageHarvest()
        for state in states.values {
            let taken = try? await state.eventLoop.submit {
                state.value.usage.count >= count ? state.value.usage.take() : UsageTally()
            }.get()
            if let taken { sum.add(taken) }
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
