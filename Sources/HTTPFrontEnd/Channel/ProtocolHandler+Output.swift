import NIOCore

/// What is written: at once what is small, and what is large as the client takes it.
extension ProtocolHandler {
    /// Writes what is in ``output``, and of ``rest`` as much as can leave; goes on when the channel can be written to.
    func flushOutput() {
        guard !isFlushing else { return }
        isFlushing = true
        while let context, !rest.isEmpty {
            if let buffer = output {
                output = nil
                context.writeAndFlush(Self.wrapOutboundOut(buffer), promise: nil)
            }
            guard isWritable else { break }
            output = ByteBuffer(bytes: rest.prefix(listener.bounds.bodyPiece))
            rest = rest.dropFirst(listener.bounds.bodyPiece)
        }
        isFlushing = false
        guard rest.isEmpty else { return }
        guard mode != .lingering else { return end() }
        guard let buffer = output, let context else { return }
        output = nil
        context.writeAndFlush(Self.wrapOutboundOut(buffer), promise: nil)
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
}
