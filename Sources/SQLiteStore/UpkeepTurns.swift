import Synchronization

/// Upkeep goes one piece at a time, and rests after each for as long as it took.
///
/// A piece holds the writer for a few milliseconds (``WriterShare``); several in one transaction would add up for whoever
/// waits behind it. With a fixed rest rows could end faster than they are forgotten.
final class UpkeepTurns: Sendable {
    private struct State {
        var isTaken = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// After a piece that had to wait for the disk, at most.
    private static let longestRest = Duration.milliseconds(100)

    /// Waits until the pieces before are done and rested.
    func take() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                if state.isTaken { state.waiting.append(continuation) }
                defer { state.isTaken = true }
                return !state.isTaken
            }
            if isFree { continuation.resume() }
        }
    }

    /// Gives the turn to the next, after the rest; whoever had it does not wait for that.
    ///
    /// - Parameter worked: How long the piece took.
    func leave(after worked: Duration) {
        let rest = min(worked, Self.longestRest)
        Task.detached {
            try? await Task.sleep(for: rest)
            self.leave()
        }
    }

    private func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.waiting.isEmpty else {
                state.isTaken = false
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}
