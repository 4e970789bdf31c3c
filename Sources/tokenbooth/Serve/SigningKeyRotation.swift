import AuthorizationServer
import OAuth
import ServiceLifecycle
import Synchronization

/// Looks once a second whether a step of the signing keys is due: the clock may jump, so nothing sleeps for long.
struct SigningKeyRotation: Service {
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

    /// Prometheus text.
    var text: String {
        let state = state.withLock { $0 }
        let name = "tokenbooth_signing_key_next_rotation_timestamp_seconds"
        let dates = state.nextRotations.map { "\(name){alg=\"\($0.algorithm)\"} \($0.date.seconds)\n" }
        return """
            # HELP \(name) When the key of an algorithm is replaced, in Unix time.
            # TYPE \(name) gauge
            \(dates.joined())\
            # HELP tokenbooth_signing_key_failures_total Steps of the signing keys that have failed.
            # TYPE tokenbooth_signing_key_failures_total counter
            tokenbooth_signing_key_failures_total \(state.failures)

            """
    }
}
