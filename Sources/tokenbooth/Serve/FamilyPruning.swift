import AuthorizationServer
import HTTPFrontEnd
import Logging
import OAuth
import ServiceLifecycle

/// Forgets refresh families that ended long ago, a few at a time, so that nobody who refreshes waits for it.
struct FamilyPruning: Service {
    let store: any FamilyStore
    let clock: WallClock
    let logger: Logger

    /// Families in one batch; one that takes too long has fewer.
    private static let batch = 100

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await prune()
                try? await Task.sleep(for: .seconds(30))
            }
        }
    }

    /// Forgets all that have ended by now.
    func prune() async {
        // Until then no late token is simply unknown, and no access token of the family is alive.
        let end = clock.now.advanced(by: -StatusTimes.retention)
        var count = 0
        do {
            while !Task.isCancelled {
                let batch = try await store.forgetFamilies(endedUntil: end, limit: Self.batch)
                guard batch > 0 else { break }
                count += batch
            }
        } catch {
            logger.error("ended refresh families not forgotten", metadata: ["error": "\(error)"])
        }
        if count > 0 { logger.debug("ended refresh families forgotten", metadata: ["count": "\(count)"]) }
    }
}
