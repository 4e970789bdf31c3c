package import NIOCore

/// Answers together what one turn of the event loop reads: first everything is worked out, then everything is written.
///
/// An answer that is written wakes its client, which takes a core for itself; of many that are written in a row only
/// the first does. A turn that reads more than ``size`` requests has several rounds, so that nobody waits for long.
///
/// Confined to its loop.
package final class AnswerRounds<Asker> {
    /// Requests of one round: the first waits until the others are read and worked out, for less than a millisecond.
    package static var size: Int { 32 }

    private let eventLoop: any EventLoop
    private let answer: (Asker) -> Void
    private let send: (Asker) -> Void
    private var waiting: [Asker] = []
    /// The last round's array, for its room.
    private var spare: [Asker] = []
    private var isCalling = false

    /// - Parameters:
    ///   - answer: Works out what one is to be told.
    ///   - send: Tells it.
    package init(
        on eventLoop: any EventLoop,
        answer: @escaping (Asker) -> Void,
        send: @escaping (Asker) -> Void
    ) {
        self.eventLoop = eventLoop
        self.answer = answer
        self.send = send
    }

    /// Has one answered at the end of this turn, or before that when a round is full.
    package func add(_ asker: Asker) {
        waiting.append(asker)
        guard waiting.count < Self.size else { return answerAll() }
        guard !isCalling else { return }
        isCalling = true
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        // Tasks come after everything that the sockets had in this turn.
        eventLoop.execute { bound.value.turnEnded() }
    }

    private func turnEnded() {
        isCalling = false
        answerAll()
    }

    private func answerAll() {
        var round: [Asker] = []
        swap(&round, &spare)
        swap(&round, &waiting)
        for asker in round { answer(asker) }
        for asker in round { send(asker) }
        round.removeAll(keepingCapacity: true)
        swap(&round, &spare)
    }
}
