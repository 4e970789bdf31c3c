import NIOCore

/// Lets a listener rest while the process cannot take connections, for want of descriptors or of memory.
///
/// NIO waits for a second after the first such error and then asks again without a pause, for the connection that
/// nobody takes keeps the socket readable.
final class AcceptRest: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private static let pause = TimeAmount.seconds(1)

    /// Puts the handler before all that a listener has, and lets the listener take more connections at once.
    ///
    /// NIO takes four each time around its event loop, and under a load beyond the capacity each time takes a tenth of a
    /// second: whoever asks for `/healthz` then would wait behind a thousand others in the kernel's queue. The last time
    /// around may take as many too many; so they are few beside `maxConnections` and the descriptors kept beside it.
    static func add(to listener: any Channel, maxConnections: Int) async {
        let atOnce = UInt(max(4, min(32, maxConnections / 128)))
        try? await listener.eventLoop.submit {
            try listener.syncOptions?.setOption(.maxMessagesPerRead, value: atOnce)
            try listener.pipeline.syncOperations.addHandler(AcceptRest(), position: .first)
        }.get()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is IOError {
            let listener = context.channel
            try? listener.syncOptions?.setOption(.autoRead, value: false)
            context.eventLoop.scheduleTask(in: Self.pause) {
                try? listener.syncOptions?.setOption(.autoRead, value: true)
            }
        }
        context.fireErrorCaught(error)
    }
}
