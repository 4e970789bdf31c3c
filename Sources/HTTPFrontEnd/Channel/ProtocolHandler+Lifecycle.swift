import Glibc
import NIOCore

/// When a connection waits, reads on, and ends.
extension ProtocolHandler {
    /// After the last answer (RFC 9112 §9.6): nothing more is read as a request.
    func beginLingering() {
        mode = .lingering
        queue.removeAll()
        dropPartial()
    }

    /// Decides what a connection at rest does next.
    func settle() {
        guard let context else { return }
        let isAtRest = answering == nil && queue.isEmpty && rest.isEmpty
        if isAtRest, inputEnded { return inputEndedAtRest() }
        if mode == .open, isAtRest, partial == nil || isWritable {
            if partial == nil, isQuiescing, !isInLine, deadline.purpose != .header { return end() }
            awaitRequest()
        } else if mode != .lingering || !rest.isEmpty, !isWritable, deadline.purpose != .writing {
            deadline.set(.writing, .now() + listener.bounds.idleTime)
        }
        if isReadHeld, !holdsReading {
            isReadHeld = false
            readInLine(context)
        }
    }

    /// Reads at once, unless the event loop is behind; then when those before this connection have.
    ///
    /// What a new one asks first is read at once, so that nobody who asks for the health waits behind a crowd; and so
    /// are the few large bodies that are under way: in line before each of their reads their time would pass.
    func readInLine(_ context: ChannelHandlerContext) {
        guard !isInLine else { return }
        if hasRead, mode == .open, partial?.permit == nil, loop.turns.holds(self, lastRead: readTime) {
            joinedLine = .now()
            isInLine = true
        } else {
            context.read()
        }
    }

    /// The service ends: so does this connection when it is at rest.
    ///
    /// What was asked before that is answered, and may be in the socket still: the event loop looks there once more.
    func quiesce(_ context: ChannelHandlerContext) {
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .milliseconds(5)) {
            handler.value.isQuiescing = true
            handler.value.advance()
        }
    }

    /// Called when it is this connection's turn to read; false when it has gone.
    func readInTurn() -> Bool {
        isInLine = false
        guard let context else { return false }
        // What it sends meanwhile lies in its socket, and the time is ours.
        deadline.move(by: .now() - joinedLine)
        if holdsReading { isReadHeld = true } else { context.read() }
        if bytes?.pass() == true { advance() }
        if isQuiescing { quiesce(context) }
        return true
    }

    /// Everything asked for is answered: from here it is the client's time again, also for one that was slow to read.
    private func awaitRequest() {
        let wasSlow = deadline.purpose == .writing && isWritable
        guard wasSlow || deadline.purpose == .none else { return }
        if partial != nil {
            deadline.set(.body, .now() + listener.bounds.bodyTime)
        } else if began != nil {
            deadline.set(.header, .now() + listener.bounds.headerTime)
        } else {
            deadline.set(.idle, (wasSlow ? .now() : readTime) + listener.bounds.idleTime)
        }
    }

    /// The client has said all that it will, and has its answers, or will when they have left.
    private func inputEndedAtRest() {
        if isEnding, deadline.purpose == .lingering { context?.close(promise: nil) } else { end() }
    }

    /// Ends what has taken too long; called by the event loop's tick.
    func check(_ now: NIODeadline) {
        guard deadline.hasPassed(at: now), let context else { return }
        switch deadline.purpose {
        case .header, .body:
            guard answering == nil, queue.isEmpty, !isInLine else { return }
            refuse(408, "the request must be here within 10 seconds")
            advance()
        case .writing:
            guard isWritable, !isEnding else { return drop(context) }
            deadline.clear()
            settle()
        case .idle, .lingering:
            if isWritable { context.close(promise: nil) } else { drop(context) }
        case .none:
            break
        }
    }

    /// Closes with a reset: the kernel would go on offering what the client does not read, and keep it meanwhile.
    private func drop(_ context: ChannelHandlerContext) {
        _ = (context.channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        context.close(promise: nil)
    }

    /// Hummingbird ends its side when it is done with the connection; the connection is ours to end.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .output else { return context.close(mode: mode, promise: promise) }
        promise?.succeed()
        // When the client has gone it ends, too, and what is answered without it goes on.
        guard self.context != nil, answering != nil, relayed == nil else { return }
        var answer = listener.shape.answer(
            500,
            "the request could not be answered",
            requestID: answering?.id ?? []
        )
        answer.closes = true
        finish(answer)
    }
}
