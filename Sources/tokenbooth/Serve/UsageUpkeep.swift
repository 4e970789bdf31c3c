import AuthorizationServer
import HTTPFrontEnd
import Logging
import OAuth
import ServiceLifecycle

/// Every five seconds: what keys did goes to the store; every ten minutes: what is too old is forgotten.
struct UsageUpkeep: Service {
    let ledger: UsageLedger
    let frontEnd: FrontEnd
    let store: any UsageStore
    /// Seconds.
    let retention: Int64
    let clock: WallClock
    let logger: Logger

    private static let interval = Duration.seconds(5)
    private static let pruningInterval = 120
    private static let batch = 500

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var round = 0
            while (try? await Task.sleep(for: Self.interval)) != nil {
                await ledger.flush(await frontEnd.takeUsage())
                if round % Self.pruningInterval == 0 { await prune() }
                round += 1
            }
        }
    }

    private func prune() async {
        let day = UsageDay(of: clock.now.advanced(by: -retention))
        do {
            while !Task.isCancelled, try await store.forgetUsage(before: day, limit: Self.batch) > 0 {
                // The writer is free nine tenths of the time, whatever the batch has cost.
                try? await Task.sleep(for: .milliseconds(50))
            }
        } catch {
            logger.error("old usage not forgotten", metadata: ["error": "\(error)"])
        }
    }
}
