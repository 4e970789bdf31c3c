package import NIOCore

/// Lets connections read by turns while one event loop is asked for more than it can answer.
///
/// Whatever a turn of the event loop reads, it answers before it looks at its sockets again. So the time that a turn
/// takes is how long someone waits whose first byte has just arrived: it is measured, and when it passes ``bound``
/// each connection stands in line before it reads again. So many of them read in each turn as were answered
/// within the bound; the others' requests wait in their sockets.
///
/// Confined to its loop.
package final class ReadingTurns<Reader> {
    /// How long a turn may take.
    package static var bound: TimeAmount { .milliseconds(10) }
    /// With so few connections no turn takes long, and none is measured unless somebody stands in line.
    package static var few: Int { 64 }
    /// At least as many as are newly taken in a turn: where those make it long, who never stand in line, it gets no
    /// shorter by the waiting of others.
    private static var shares: ClosedRange<Int> { 32...1024 }

    private let eventLoop: any EventLoop
    private let now: () -> NIODeadline
    private let admit: (Reader) -> Bool
    private var line = CircularBuffer<Reader>()
    /// How many may read in each turn.
    private var share = 64
    private var turnBegan: NIODeadline?
    private var isCalling = false
    /// Whether turns are measured also when nobody stands in line.
    package var isWatching = false

    package var waiting: Int { line.count }

    /// - Parameters:
    ///   - now: What time it is; of another clock in tests.
    ///   - admit: Lets one read; false for one that has gone meanwhile.
    package init(
        on eventLoop: any EventLoop,
        now: @escaping () -> NIODeadline = { .now() },
        _ admit: @escaping (Reader) -> Bool
    ) {
        self.eventLoop = eventLoop
        self.now = now
        self.admit = admit
    }

    /// Called whenever something was read; the first time in a turn begins the measurement.
    package func hasRead(at time: NIODeadline) {
        guard turnBegan == nil, isWatching || !line.isEmpty else { return }
        turnBegan = time
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        // Tasks come after everything that the sockets had in this turn.
        eventLoop.execute { bound.value.turnEnded() }
    }

    /// Whether a connection has to stand in line before it reads again, and does from now on.
    ///
    /// - Parameter time: When it has read last.
    package func holds(_ reader: Reader, lastRead time: NIODeadline) -> Bool {
        guard !line.isEmpty || isLate(at: time) else { return false }
        line.append(reader)
        call()
        return true
    }

    private func isLate(at time: NIODeadline) -> Bool {
        guard let turnBegan else { return false }
        return time - turnBegan > Self.bound
    }

    private func turnEnded() {
        guard let began = turnBegan else { return }
        turnBegan = nil
        guard !line.isEmpty else { return }
        let time = now() - began
        if time > Self.bound {
            share = max(Self.shares.lowerBound, share / 2)
        } else if time < .nanoseconds(Self.bound.nanoseconds / 2) {
            share = min(Self.shares.upperBound, share + share / 4)
        }
    }

    /// Once a turn, at most once a millisecond: a task that is only put in line again would run before the loop looks
    /// at its sockets.
    private func call() {
        guard !isCalling, !line.isEmpty else { return }
        isCalling = true
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.scheduleTask(in: .milliseconds(1)) { bound.value.admitNext() }
    }

    private func admitNext() {
        isCalling = false
        var left = share
        while left > 0, let reader = line.popFirst() {
            if admit(reader) { left -= 1 }
        }
        call()
    }
}
