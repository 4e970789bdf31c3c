import NIOCore

/// When a connection waits, reads on, and ends.
extension ProtocolHandler {
    func flushOutput() {
        guard mode != .lingering else { return end() }
        guard let buffer = output, let context else { return }
        output = nil
        context.writeAndFlush(Self.wrapOutboundOut(buffer), promise: nil)
    }

    /// After the last answer (RFC 9112 §9.6): nothing more is read as a request.
    func beginLingering() {
        mode = .lingering
        queue.removeAll()
        partial = nil
    }

    /// Closes once everything written has left: closing at once would cut what is still on its way.
    ///
    /// The client is told by half a close, and then has a moment to read and to close its own half; a reset
    /// would take from it what it has not read yet.
    func end() {
        guard !isEnding, let context else { return }
        isEnding = true
        mode = .lingering
        deadline.set(.writing, .now() + listener.bounds.idleTime)
        let last = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(Self.wrapOutboundOut(output ?? ByteBuffer()), promise: last)
        output = nil
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        last.futureResult.whenComplete { _ in handler.value.hasWrittenAll() }
    }

    private func hasWrittenAll() {
        guard let context else { return }
        guard !inputEnded, !isQuiescing else { return context.close(promise: nil) }
        deadline.set(.lingering, .now() + listener.bounds.lingerTime)
        context.close(mode: .output, promise: nil)
    }

    /// Decides what a connection at rest does next.
    func settle() {
        guard let context else { return }
        let isAtRest = answering == nil && queue.isEmpty
        if isAtRest, inputEnded { return inputEndedAtRest() }
        if mode == .open {
            if isAtRest, partial == nil {
                if isQuiescing, deadline.purpose != .header { return end() }
                if deadline.purpose == .none { deadline.set(.idle, readTime + listener.bounds.idleTime) }
            } else if !context.channel.isWritable, deadline.purpose != .writing {
                deadline.set(.writing, .now() + listener.bounds.idleTime)
            }
        }
        if isReadHeld, !holdsReading {
            isReadHeld = false
            context.read()
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
            guard answering == nil, queue.isEmpty else { return }
            readTime = now
            refuse(408, "the request took longer than 10 seconds to arrive")
            advance()
        case .writing:
            if context.channel.isWritable, !isEnding { deadline.clear() } else { context.close(promise: nil) }
        case .idle, .lingering:
            context.close(promise: nil)
        case .none:
            break
        }
    }

    /// Hummingbird ends its side when it is done with the connection; the connection is ours to end.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .output else { return context.close(mode: mode, promise: promise) }
        promise?.succeed()
        guard answering != nil, relayed == nil else { return }
        var answer = listener.shape.answer(
            500,
            "the request could not be answered",
            requestID: answering?.id ?? []
        )
        answer.closes = true
        finish(answer)
    }
}
