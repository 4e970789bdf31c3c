import NIOCore

/// When a connection waits, reads on, and ends.
extension ProtocolHandler {
    func flushOutput() {
        guard let buffer = output, let context else { return }
        output = nil
        context.writeAndFlush(Self.wrapOutboundOut(buffer), promise: nil)
        if mode == .lingering {
            // Half a close tells the client that this was all; the other half waits until it has read it.
            context.close(mode: .output, promise: nil)
        }
    }

    /// After the last answer (RFC 9112 §9.6): closing at once could reset what the client has not read yet.
    func beginLingering() {
        mode = .lingering
        queue.removeAll()
        partial = nil
        deadline.set(.lingering, .now() + listener.bounds.lingerTime)
    }

    /// Decides what a connection at rest does next.
    func settle() {
        guard let context else { return }
        let isAtRest = answering == nil && queue.isEmpty
        if isAtRest, inputEnded {
            context.close(promise: nil)
            return
        }
        if mode == .open {
            if isAtRest, partial == nil {
                if isQuiescing, deadline.purpose != .header { return context.close(promise: nil) }
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
            if context.channel.isWritable { deadline.clear() } else { context.close(promise: nil) }
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
