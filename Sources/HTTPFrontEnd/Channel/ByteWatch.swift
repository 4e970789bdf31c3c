import NIOCore

/// Stands before the HTTP decoder and tells the protocol handler of bytes before they are a request.
///
/// A request's time begins with its first byte, which the decoder keeps to itself; and after a refusal
/// nothing that still arrives is worth decoding.
final class ByteWatch: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let handler: ProtocolHandler

    init(_ handler: ProtocolHandler) { self.handler = handler }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if handler.wants(bytes: Self.unwrapInboundIn(data).readableBytes) { context.fireChannelRead(data) }
    }
}
