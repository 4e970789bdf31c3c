import HTTPFrontEnd
import OAuth
import ServiceLifecycle
import Synchronization

/// Looks once a second whether a step of the signing keys is due: the clock may jump, so nothing sleeps for long.
struct SigningKeyUpkeep: Service {
    let keeper: SigningKeyKeeper

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await keeper.tend()
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }
}

/// What the metrics say of the signing keys beyond those that are published.
final class SigningKeyFigures: Sendable {
    private struct State {
        var nextRotations: [(algorithm: String, date: NumericDate)] = []
        var failures = 0
    }

    private let state = Mutex(State())

    func set(nextRotations: [(String, NumericDate)]) {
        state.withLock { $0.nextRotations = nextRotations.map { (algorithm: $0.0, date: $0.1) } }
    }

    func countFailure() { state.withLock { $0.failures += 1 } }

    var failures: Int { state.withLock { $0.failures } }
    var nextRotations: [NumericDate] { state.withLock { $0.nextRotations.map(\.date) } }

    func write(to text: inout MetricsText) {
        let state = state.withLock { $0 }
        let name = "tokenbooth_signing_key_next_rotation_timestamp_seconds"
        text.family(name, "gauge", "When the key of an algorithm is replaced, in Unix time.")
        for (algorithm, date) in state.nextRotations {
            text.sample(name, [("alg", algorithm)], String(date.seconds))
        }
        text.family(
            "tokenbooth_signing_key_failures_total",
            "counter",
            "Steps of the signing keys that have failed and are tried again."
        )
        text.sample("tokenbooth_signing_key_failures_total", [], String(state.failures))
    }
}
