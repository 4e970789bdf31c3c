import NIOCore

/// Lets a listener rest while the process cannot take connections, for want of descriptors or of memory.
///
/// NIO waits for a second after the first such error and then asks again without a pause, for the connection that
/// nobody takes keeps the socket readable.
final class AcceptRest: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private static let pause = TimeAmount.seconds(1)

    /// Puts the handler before all that a listener has.
    static func add(to listener: any Channel) async {
        try? await listener.eventLoop.submit {
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
