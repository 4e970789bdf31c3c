import NIOCore

/// Stands before the HTTP decoder: tells the protocol handler of bytes before they are a request, and keeps them while
/// enough requests wait, or the connection for its turn to read.
///
/// A request's time begins with its first byte, which the decoder keeps to itself; after a refusal nothing that still
/// arrives is worth decoding; and a decoded request takes twenty times the memory of its bytes. Holding back the next
/// read is not enough for that: one read brings hundreds of small requests, and when a client closes its half, NIO
/// reads all that the kernel has of it.
final class ByteWatch: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// Bytes that are decoded before it is asked again whether more may be.
    private static let slice = 2 * 1024

    private let handler: ProtocolHandler
    private var context: ChannelHandlerContext?
    private var held: ByteBuffer?
    private var holdsEnd = false

    init(_ handler: ProtocolHandler) { self.handler = handler }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        handler.bytes = self
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        held = nil
        handler.bytes = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = Self.unwrapInboundIn(data)
        if held == nil, bytes.readableBytes <= Self.slice, handler.takesBytes {
            if handler.wants(bytes) { context.fireChannelRead(data) }
            return
        }
        if held?.writeBuffer(&bytes) == nil { held = bytes }
        pass()
        guard let held, held.readableBytes > handler.listener.bounds.heldBytes else { return }
        context.close(promise: nil)
    }

    /// Hands on what was held, as long as the protocol handler takes it.
    ///
    /// - Returns: Whether there was anything to hand on.
    @discardableResult
    func pass() -> Bool {
        guard held != nil, let context else { return false }
        var hasPassed = false
        while handler.takesBytes, let part = nextPart() {
            hasPassed = true
            if handler.wants(part) { context.fireChannelRead(Self.wrapInboundOut(part)) }
        }
        if holdsEnd, held == nil {
            holdsEnd = false
            context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        }
        return hasPassed
    }

    private func nextPart() -> ByteBuffer? {
        guard var bytes = held else { return nil }
        held = nil
        let part = bytes.readSlice(length: min(bytes.readableBytes, Self.slice))
        if bytes.readableBytes > 0 { held = bytes }
        return part
    }

    /// The end of the input comes after all of it.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if held != nil, event as? ChannelEvent == .inputClosed {
            holdsEnd = true
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }
}
