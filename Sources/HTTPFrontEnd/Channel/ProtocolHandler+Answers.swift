import AuthorizationServer
import NIOCore
import NIOHTTP1
import OAuth

/// From whole requests to answers, in order.
extension ProtocolHandler {
    /// Answers whatever can be answered now; every event ends here, or in a round of answers.
    func advance() {
        guard !isAdvancing else { return }
        repeat { workOut() } while conclude()
    }

    /// Makes the answers to whatever can be answered now.
    func workOut() {
        isInRound = false
        guard !isAdvancing, context != nil else { return }
        isAdvancing = true
        loop.refresh()
        repeat { answerQueue() } while bytes?.pass() == true
        isAdvancing = false
    }

    /// Writes what ``workOut()`` has made.
    ///
    /// - Returns: Whether what stands behind a large answer can be answered, since all of that has been written.
    func conclude() -> Bool {
        guard !isAdvancing, context != nil else { return false }
        let wasHeld = !rest.isEmpty
        flushOutput()
        if wasHeld, rest.isEmpty, mode != .lingering { return true }
        settle()
        return false
    }

    private func answerQueue() {
        while answering == nil, rest.isEmpty, mode != .lingering, isWritable, let item = queue.popFirst() {
            switch item {
            case .request(let request):
                answering = request
                answer(request)
            case .refusal(let refusal):
                send(refusal)
            }
            // Pipelined answers go out in pieces, so that writability stays true to what waits.
            if mode == .open, output.map({ $0.readableBytes > listener.bounds.outputPiece }) == true {
                flushOutput()
            }
        }
    }

    private func answer(_ request: CollectedRequest) {
        switch request.match {
        case .route(let index): answer(request, on: listener.routes.routes[index])
        case .notFound:
            finish(
                listener.shape.answer(
                    404,
                    "there is nothing at this path: openapi.yaml has all paths",
                    requestID: request.id
                )
            )
        case .methodNotAllowed(let allowed):
            var answer = listener.shape.answer(
                405,
                "the method at this path must be one of \(allowed)",
                requestID: request.id
            )
            answer.append("Allow", value: allowed)
            finish(answer)
        }
    }

    private func answer(_ request: CollectedRequest, on route: Route) {
        if listener.listener == .admin, let refusal = hostRefusal(request) { return finish(refusal) }
        switch route.answeredBy {
        case .token: answerToken(request)
        case .revocation: answerRevocation(request)
        case .introspection: answerIntrospection(request)
        case .keySet: finish(loop.documents.keySet(ifNoneMatch: request.start.fields.ifNoneMatch.all))
        case .metadata: finish(loop.documents.metadata)
        case .statusList: answerStatusList(request)
        case .statusLists: answerStatusLists(request)
        case .revocations: answerRevocations(request)
        case .forwardAuth: answerForwardAuth(request)
        case .liveness:
            var answer = Answer(
                status: 200,
                contentType: "application/json",
                body: Array("{\"status\":\"ok\"}".utf8)
            )
            answer.append("Cache-Control", "no-store")
            finish(answer)
        case .readiness: answerReadiness()
        case .contract: answerPage(request) { Pages.openAPI }
        case .documentation: answerPage(request) { Pages.documentation }
        case .hummingbird: relay(request)
        }
    }

    /// The admin listener answers only for names that are its own: a page elsewhere cannot rebind to it.
    private func hostRefusal(_ request: CollectedRequest) -> Answer? {
        guard let hosts = loop.state.adminHosts, let host = request.start.fields.host.first else {
            return nil
        }
        let name = host.lowercased()
        let isOurs = hosts.contains(name) || hosts.contains(HostName.withoutPort(name))
        return isOurs
            ? nil
            : listener.shape.answer(
                421,
                "this listener does not answer for this Host: see the setting admin_hosts",
                requestID: request.id
            )
    }

    /// Where a request comes from, after trusted proxies.
    func address(of request: CollectedRequest?) -> IPAddress? {
        guard let request else { return peer }
        return ClientAddress.resolve(
            peer: peer,
            headers: request.head.headers,
            trusted: loop.state.trustedProxies
        )
    }

    private func send(_ refusal: Refusal) {
        var answer = listener.shape.answer(refusal.status, refusal.description, requestID: refusal.requestID)
        answer.closes = true
        write(answer, id: refusal.requestID, arrived: refusal.arrived, request: nil)
    }

    /// Sends the answer of the request in hand.
    func finish(_ answer: consuming Answer) {
        guard let request = answering else { return }
        answering = nil
        if let ask = asking { settle(ask, &answer, request) }
        write(answer, id: request.id, arrived: request.arrived, request: request)
        // What had to wait comes together too: many wait for one commit.
        if !isAdvancing { joinRound() }
    }

    /// Has what is in line answered, and what is answered sent, with the others of this turn of the event loop.
    func joinRound() {
        guard !isInRound else { return }
        isInRound = true
        loop.rounds.add(self)
    }

    private func write(_ answer: Answer, id: [UInt8], arrived: NIODeadline, request: CollectedRequest?) {
        let time = loop.clock.read()
        // What was done for a client that has gone is told like all the rest.
        record(answer, id: id, arrived: arrived, request: request, time: time)
        guard context != nil else { return }
        let isLast = inputEnded && queue.isEmpty && partial == nil
        let closes = answer.closes || request?.closes == true || isQuiescing || isLast
        loop.withRoom { head in
            answer.appendHead(
                to: &head,
                date: loop.date(.init(time.seconds)),
                requestID: id,
                keepsAlive: !closes,
                isHTTP10: request?.head.version == .http1_0
            )
            // HEAD has the length of the body that GET would have.
            let hasBody = answer.hasLength && request?.head.method != .HEAD
            let body = hasBody ? answer.body.prefix(listener.bounds.bodyPiece) : []
            if hasBody { rest = answer.body[body.endIndex...] }
            let length = head.count + body.count
            func append(to buffer: inout ByteBuffer) {
                buffer.writeBytes(head)
                buffer.writeBytes(body)
            }
            guard var buffer = output else { return output = loop.buffers.write(length, append) }
            output = nil
            append(to: &buffer)
            output = buffer
        }
        if closes { beginLingering() }
    }

    private func record(
        _ answer: Answer,
        id: [UInt8],
        arrived: NIODeadline,
        request: CollectedRequest?,
        time: (seconds: Int64, nanoseconds: Int64)
    ) {
        let number: Int? =
            switch request?.match {
            case .route(let index): listener.routes.routes[index].number
            default: nil
            }
        let method = request.map { LoopMetrics.methodName($0.head.method) } ?? "none"
        let duration = NIODeadline.now() - arrived
        loop.metrics.countRequest(
            route: number,
            method: method,
            status: answer.status,
            duration: duration
        )
        if listener.listener == .admin { countUse(answer, request, at: NumericDate(time.seconds)) }
        loop.accessLog.record(
            .init(
                time: time,
                requestID: id,
                listener: listener.listener,
                method: method,
                operation: number.map { Route.all[$0].operation } ?? Route.none,
                address: address(of: request),
                status: answer.status,
                duration: duration,
                note: answer.note
            )
        )
    }
}
