import AuthorizationServer
import HTTPFrontEnd
import Logging
import OAuth
import ServiceLifecycle

/// Once a second: what has expired becomes INVALID, and entries of grants that are gone become free.
struct StatusUpkeep: Service {
    let store: any StatusStore
    let clock: WallClock
    /// When the statuses were loaded, with what had expired by then.
    let loadedAt: NumericDate
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var pace = StatusPace(loadedAt: loadedAt)
            var isFailing = false
            while (try? await Task.sleep(for: .seconds(1))) != nil {
                let now = clock.now
                do throws(StoreUnavailable) {
                    try await store.keepStatuses(since: pace.start(at: now), at: now)
                    pace.looked(at: now)
                    isFailing = false
                } catch {
                    // The next look does what this one did not; a disk that stays full is told of once.
                    if !isFailing {
                        logger.error("statuses not kept", metadata: ["reason": "\(error.reason)"])
                    }
                    isFailing = true
                }
            }
        }
    }
}
