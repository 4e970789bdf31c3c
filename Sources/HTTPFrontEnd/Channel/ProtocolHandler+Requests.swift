import NIOCore
import NIOHTTP1
import Primitives

/// From parts to whole requests.
extension ProtocolHandler {
    /// Called before bytes are decoded; false when they are not to be.
    func wants(_ bytes: ByteBuffer) -> Bool {
        readTime = .now()
        hasRead = true
        loop.turns.hasRead(at: readTime)
        if mode == .open {
            if began == nil, !Self.isEmptyLine(bytes) {
                began = readTime
                if answering == nil, queue.isEmpty {
                    deadline.set(.header, readTime + listener.bounds.headerTime)
                }
            }
            return wantsMore(bytes: bytes.readableBytes)
        }
        lingeredBytes += bytes.readableBytes
        if mode == .lingering, lingeredBytes > listener.bounds.lingerBytes { context?.close(promise: nil) }
        return false
    }

    /// What a client may send before a request without beginning one (RFC 9112 §2.2).
    private static func isEmptyLine(_ bytes: ByteBuffer) -> Bool {
        bytes.readableBytes <= 2 && bytes.readableBytesView.allSatisfy { $0 == 0x0D || $0 == 0x0A }
    }

    /// What frames a chunked body is bounded too: a chunk extension never reaches ``append(_:)``.
    private func wantsMore(bytes count: Int) -> Bool {
        guard partial != nil else { return true }
        partialBytes += count
        guard partialBytes > listener.bounds.framing * partialLimit else { return true }
        refuse(400, "the chunks of the body are mostly framing: send larger ones")
        return false
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard mode == .open else { return }
        switch Self.unwrapInboundIn(data) {
        case .head(let head): begin(head)
        case .body(let bytes): append(bytes)
        case .end: complete()
        }
    }

    private func begin(_ head: HTTPRequestHead) {
        let arrived = began ?? readTime
        began = arrived
        let fields = KnownFields(head.headers)
        let id = CollectedRequest.acceptableID(fields.requestID) ?? loop.makeRequestID()
        if let violation = RequestRules.violation(of: head, fields, bounds: listener.bounds) {
            return refuse(violation.status, "\(violation.description)", requestID: id)
        }
        let (path, query) = CollectedRequest.parts(of: head.uri)
        let match = listener.routes.match(head.method, path: path)
        let length = fields.contentLength.first.flatMap { Int($0) }
        if case .route(let index) = match {
            if listener.routes.routes[index].isByHead,
                length.map({ $0 > 0 }) ?? !fields.transferEncoding.isEmpty
            {
                let start = RequestStart(
                    head: head,
                    fields: fields,
                    arrived: arrived,
                    id: id,
                    match: match,
                    query: query,
                    closes: true,
                    permit: nil
                )
                return takeHead(CollectedRequest(start, body: []))
            }
            partialLimit = listener.routes.routes[index].bodyLimit
        } else {
            partialLimit = 16 * 1024
        }
        if let length, length > partialLimit { return refuseBody(requestID: id) }
        let isLarge =
            partialLimit > LargeBodies.threshold
            && (length.map { $0 > LargeBodies.threshold } ?? !fields.transferEncoding.isEmpty)
        let permit = isLarge ? listener.largeBodies.permit() : nil
        guard !isLarge || permit != nil else {
            return refuse(503, "enough large requests are under way: try again shortly", requestID: id)
        }
        partialBytes = 0
        partialBody = []
        let isUpgrade = !fields.upgrade.isEmpty || head.method == .CONNECT
        let isInvited = !fields.expect.isEmpty && head.version == .http1_1
        partial = RequestStart(
            head: head,
            fields: fields,
            arrived: arrived,
            id: id,
            match: match,
            query: query,
            closes: isUpgrade || !head.isKeepAlive,
            permit: permit
        )
        deadline.set(.body, readTime + listener.bounds.bodyTime)
        if isInvited { inviteBody() }
    }

    /// Puts a request in line whose body is not awaited; it may never come.
    ///
    /// What follows could be that body or another request, and so the connection ends with the answer.
    private func takeHead(_ request: CollectedRequest) {
        mode = .refusing
        deadline.clear()
        queue.append(.request(request))
    }

    /// RFC 9110 §10.1.1; only when no other answer is under way, else the client sends without being asked.
    private func inviteBody() {
        guard answering == nil, queue.isEmpty, rest.isEmpty, mode == .open else { return }
        // Answers to what came before it go before it (RFC 9110 §15.2).
        flushOutput()
        guard let context else { return }
        var buffer = context.channel.allocator.buffer(capacity: 32)
        buffer.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
        context.writeAndFlush(Self.wrapOutboundOut(buffer), promise: nil)
    }

    private func append(_ bytes: ByteBuffer) {
        guard partial != nil else { return }
        guard partialBody.count + bytes.readableBytes <= partialLimit else { return refuseBody() }
        if partialBody.isEmpty {
            partialBody = Array(buffer: bytes)
        } else {
            partialBody.append(contentsOf: bytes.readableBytesView)
        }
    }

    private func complete() {
        guard let start = partial else { return }
        queue.append(.request(CollectedRequest(start, body: partialBody)))
        dropPartial()
        began = nil
        deadline.clear()
    }

    func dropPartial() {
        partial = nil
        partialBody = []
    }

    /// - Parameter requestID: `nil` for that of the request that is arriving.
    private func refuseBody(requestID: [UInt8]? = nil) {
        refuse(413, "the body must be at most \(partialLimit / 1024) KiB", requestID: requestID)
    }

    /// Puts the last answer of this connection in line; nothing after it is read.
    func refuse(_ status: Int, _ description: String, requestID: [UInt8]? = nil) {
        guard mode == .open else { return }
        mode = .refusing
        let id = requestID ?? partial?.id ?? loop.makeRequestID()
        dropPartial()
        deadline.clear()
        queue.append(
            .refusal(
                Refusal(
                    status: status,
                    description: description,
                    requestID: id,
                    arrived: began ?? readTime
                )
            )
        )
    }
}
