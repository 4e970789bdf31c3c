import AuthorizationServer
import HTTPFrontEnd
import Logging
import ServiceLifecycle

/// Loads the list of denied tokens while the service runs already, and forgets what has ended.
///
/// While changes fail it also tries one each second, so that those who answer from memory learn when it is over.
struct DenialUpkeep: Service {
    let keeper: DenylistKeeper
    let health: StoreHealth
    let store: any InstallationStore
    let clock: WallClock
    let logger: Logger

    /// Seconds between two rounds of forgetting.
    private static let interval = 30

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled, await !isLoaded() { try? await Task.sleep(for: .seconds(1)) }
            var round = 0
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(1))
                round += 1
                if health.isFailing { try? await store.proveWritable(at: clock.now) }
                guard round.isMultiple(of: Self.interval) else { continue }
                await attempt("forget") { () async throws(StoreUnavailable) in
                    try await keeper.forgetEnded(at: clock.now)
                }
            }
        }
    }

    private func isLoaded() async -> Bool {
        await attempt("load") { () async throws(StoreUnavailable) in try await keeper.load() }
    }

    /// - Returns: Whether it went well; the next attempt may.
    @discardableResult
    private func attempt(_ what: String, _ body: () async throws(StoreUnavailable) -> Void) async -> Bool {
        do throws(StoreUnavailable) {
            try await body()
            return true
        } catch {
            logger.warning("cannot \(what) denied tokens", metadata: ["reason": "\(error.reason)"])
            return false
        }
    }
}
