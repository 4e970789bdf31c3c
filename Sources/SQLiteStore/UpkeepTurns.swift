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

    /// Waits until those before are done and rested, and answers before its own rest.
    func take<Value: Sendable, Fault: Error>(
        _ piece: () async throws(Fault) -> Value
    ) async throws(Fault) -> Value {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                if state.isTaken { state.waiting.append(continuation) }
                defer { state.isTaken = true }
                return !state.isTaken
            }
            if isFree { continuation.resume() }
        }
        let start = ContinuousClock.now
        defer {
            let rest = min(.now - start, Self.longestRest)
            Task.detached {
                try? await Task.sleep(for: rest)
                self.leave()
            }
        }
        return try await piece()
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
