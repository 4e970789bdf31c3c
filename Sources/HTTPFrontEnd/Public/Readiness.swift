import AuthorizationServer
import JOSE
import NIOCore
import OAuth
import Primitives

/// `GET /readyz`: whether a change could be made durable and a token signed, found out by doing so, at a time that
/// is not behind.
///
/// One look at a time; its result is served for a second, so that whoever asks often costs nothing.
package actor Readiness {
    private let store: any InstallationStore
    private let state: ServiceStateBox
    private let clock: WallClock
    private let clockGuard: ClockGuard
    /// By a clock that nobody sets: an answer must not last for as long as the wall clock stands.
    private var latest: (time: ContinuousClock.Instant, answer: Answer)?
    private var running: Task<Answer, Never>?
    /// The write under way, which outlives the look that began it: no look begins another meanwhile.
    private var write: Task<String?, Never>?

    init(
        store: any InstallationStore,
        state: ServiceStateBox,
        clock: WallClock,
        clockGuard: ClockGuard
    ) {
        self.store = store
        self.state = state
        self.clock = clock
        self.clockGuard = clockGuard
    }

    func answer() async -> Answer {
        if let latest, latest.time.duration(to: .now) < .seconds(1) { return latest.answer }
        if let running { return await running.value }
        let task = Task { await look() }
        running = task
        let answer = await task.value
        running = nil
        latest = (.now, answer)
        return answer
    }

    private func look() async -> Answer {
        let store = await storeProblem()
        let signing = signingProblem()
        let time = clockGuard.permits(clock.now) ? nil : ClockBehind.reason
        let isReady = store == nil && signing == nil && time == nil
        var json: [UInt8] = []
        json.append(
            ascii: isReady ? "{\"status\":\"ok\",\"checks\":{" : "{\"status\":\"unavailable\",\"checks\":{"
        )
        json.append(ascii: store == nil ? "\"store\":\"ok\"," : "\"store\":\"failed\",")
        json.append(ascii: signing == nil ? "\"signing\":\"ok\"," : "\"signing\":\"failed\",")
        json.append(ascii: time == nil ? "\"clock\":\"ok\"}}" : "\"clock\":\"behind\"}}")
        var answer = Answer(status: isReady ? 200 : 503, contentType: "application/json", body: json)
        answer.append("Cache-Control", "no-store")
        if !isReady { answer.append("Retry-After", "1") }
        answer.note.detail = store ?? signing ?? time
        return answer
    }

    /// Bounded: a store that does not answer in 2 s is not ready, whatever becomes of the write.
    private func storeProblem() async -> String? {
        let write = self.write ?? proof()
        self.write = write
        let (answers, answer) = AsyncStream.makeStream(of: String?.self)
        let deadline = Task {
            try? await Task.sleep(for: .seconds(2))
            answer.yield("no answer within 2 s")
        }
        Task { answer.yield(await write.value) }
        for await first in answers {
            deadline.cancel()
            return first
        }
        return "cancelled"
    }

    private func proof() -> Task<String?, Never> {
        let (store, now) = (store, clock.now)
        return Task {
            defer { write = nil }
            do throws(StoreUnavailable) {
                try await store.proveWritable(at: now)
                return nil
            } catch { return error.reason }
        }
    }

    private func signingProblem() -> String? {
        do {
            for key in state.current.ring.active {
                let message = SystemRandom.bytes(16)
                let signature = try SigningContext(key).sign(message.span)
                guard key.publicKey.verify(signature, over: message) else {
                    return "a signature does not verify"
                }
            }
            return nil
        } catch { return "\(error)" }
    }
}

extension ProtocolHandler {
    func answerReadiness() {
        let (readiness, eventLoop) = (loop.readiness, loop.eventLoop)
        let handler = NIOLoopBound(self, eventLoop: eventLoop)
        Task {
            let answer = await readiness.answer()
            eventLoop.execute { handler.value.finish(answer) }
        }
    }
}

/// Why nothing is issued while the clock is behind; it was logged as an error when that began.
enum ClockBehind {
    static let reason = "the clock is behind the latest time that this service has acted on"
    /// Seconds: NTP may set it at any moment.
    static let retryAfter = 10
}
