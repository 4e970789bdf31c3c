import AuthorizationServer
import HTTPFrontEnd
import Logging
import OAuth
import ServiceLifecycle

/// Every five seconds: what keys did goes to the store; every ten minutes: what is too old is forgotten.
///
/// An event loop that has counted for very many keys is not left to go on for so long: what waits to be written is a
/// few megabytes, or a small part of what the clients themselves take. The more keys are written together, the more of
/// them share a page of the database.
struct UsageUpkeep: Service {
    let ledger: UsageLedger
    /// What keys did since it was last asked, of those event loops that have counted for so many keys.
    let take: @Sendable (_ atLeast: Int) async -> UsageHarvest
    let directory: ClientDirectory
    let store: any UsageStore
    /// Seconds.
    let retention: Int64
    let clock: WallClock
    let logger: Logger

    var interval = Duration.seconds(5)
    /// How often it is looked whether there are very many: for one event loop some 4 MB of counters.
    var look = Duration.seconds(1)
    private static let many = 49_152
    /// A million clients in memory take 170 MB, and what one event loop gathers, 5 MB.
    private static let part = 16
    private static let pruningInterval = Duration.seconds(600)
    private static let batch = 500

    func run() async throws {
        await cancelWhenGracefulShutdown {
            // Beside the flushes: after `usage_retention` was shortened it may take an hour.
            async let pruning: Void = keepPruning()
            await keepFlushing()
            await pruning
        }
    }

    private func keepFlushing() async {
        var next = ContinuousClock.now + interval
        while (try? await Task.sleep(for: look)) != nil {
            guard ContinuousClock.now >= next else {
                let harvest = await take(max(Self.many, directory.heldClients / Self.part))
                if !harvest.isEmpty { await ledger.flush(consume harvest) }
                continue
            }
            next = .now + interval
            await ledger.flush(await take(1))
        }
    }

    private func keepPruning() async {
        while !Task.isCancelled {
            await prune()
            try? await Task.sleep(for: Self.pruningInterval)
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
