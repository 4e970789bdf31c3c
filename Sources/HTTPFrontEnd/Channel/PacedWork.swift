package import NIOCore

/// Work of one event loop that is done a little at a time, so that whoever else waits for the loop gets in between.
///
/// Confined to its loop.
package final class PacedWork<Item> {
    private let eventLoop: any EventLoop
    private let share: Int
    private let work: (Item) -> Void
    private var waiting = CircularBuffer<Item>()

    package var isDone: Bool { waiting.isEmpty }

    /// - Parameters:
    ///   - share: Items at one time; a millisecond later come the next.
    ///   - work: What is done with each.
    package init(on eventLoop: any EventLoop, share: Int, _ work: @escaping (Item) -> Void) {
        self.eventLoop = eventLoop
        self.share = share
        self.work = work
    }

    /// Begins with the items at once; when others wait already, they come behind them.
    package func add(_ items: some Sequence<Item>) {
        let isIdle = waiting.isEmpty
        waiting.append(contentsOf: items)
        if isIdle { proceed() }
    }

    private func proceed() {
        for _ in 0..<share {
            guard let item = waiting.popFirst() else { return }
            work(item)
        }
        guard !waiting.isEmpty else { return }
        // A task that is only put in line again would run before the loop looks at its sockets.
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.scheduleTask(in: .milliseconds(1)) { bound.value.proceed() }
    }
}
