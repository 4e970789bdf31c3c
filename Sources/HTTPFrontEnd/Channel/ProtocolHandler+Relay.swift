import AuthorizationServer
import NIOCore
import NIOHTTP1
import OAuth

/// Requests that Hummingbird answers, one at a time.
extension ProtocolHandler {
    /// Hands the request to Hummingbird; its answer arrives in ``write(context:data:promise:)``.
    func relay(_ request: CollectedRequest) {
        guard let context else { return }
        var head = request.head
        for name in ["connection", "expect", "transfer-encoding", "upgrade"] {
            head.headers.remove(name: name)
        }
        if head.method == .HEAD { head.method = .GET }
        head.headers.replaceOrAdd(name: "content-length", value: String(request.body.count))
        head.headers.replaceOrAdd(name: "x-request-id", value: String(decoding: request.id, as: UTF8.self))
        let address = address(of: request)?.text ?? ""
        head.headers.replaceOrAdd(name: RelayedHeader.clientAddress, value: address)
        context.fireChannelRead(Self.wrapInboundOut(.head(head)))
        if !request.body.isEmpty {
            context.fireChannelRead(Self.wrapInboundOut(.body(ByteBuffer(bytes: request.body))))
        }
        context.fireChannelRead(Self.wrapInboundOut(.end(nil)))
        context.fireChannelReadComplete()
    }

    /// Collects Hummingbird's answer and sends it like one of our own.
    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch Self.unwrapOutboundIn(data) {
        case .head(let head): relayed = Answer(head)
        case .body(.byteBuffer(let bytes)): relayed?.body.append(contentsOf: bytes.readableBytesView)
        case .body: break
        case .end:
            if let answer = relayed, answering != nil { finish(answer) }
            relayed = nil
            advance()
        }
        promise?.succeed()
    }

    /// The client has gone: an answer of Hummingbird's comes no more.
    func abandonRelayed() {
        guard case .route(let index)? = answering?.match,
            case .hummingbird = listener.routes.routes[index].answeredBy
        else { return }
        abandon()
    }
}
