import AuthorizationServer
import HTTPFrontEnd
import Logging
import OAuth
import SQLiteStore
import ServiceLifecycle

/// Keeps the database's memory of time fresh, raises the epoch while there are changes, and says it when the clock
/// goes back.
///
/// Its writes are also what finds out within seconds that the store fails, when nobody else changes anything.
struct Heartbeat: Service {
    let store: SQLiteStore
    let clock: WallClock
    let course: Course
    let logger: Logger

    /// Seconds between two writes, and between two looks at the clock.
    private static let interval = 10
    /// Seconds after which the epoch is raised though nothing has changed.
    private static let epochInterval = 3600

    func run() async throws {
        await cancelWhenGracefulShutdown { await beatUntilCancelled() }
    }

    private func beatUntilCancelled() async {
        var alarm = ClockAlarm(course.clock, logger, at: clock.now)
        // The first beat raises the epoch: what the start has written is a change, too.
        var (seen, age) = (0, 0)
        var isFailing = false
        while true {
            for _ in 0..<Self.interval {
                // The wall clock has no say in how long this is.
                do { try await Task.sleep(for: .seconds(1)) } catch { return }
                alarm.look(clock.now)
            }
            age += Self.interval
            let mutations = store.statistics.mutations
            let raisesEpoch = mutations > seen || age >= Self.epochInterval
            do {
                try await beat(raisesEpoch)
                // The beat itself is one.
                seen = mutations + 1
                if raisesEpoch { age = 0 }
                if isFailing { logger.notice("clock and epoch are written again") }
                isFailing = false
            } catch {
                if !isFailing {
                    logger.error("clock and epoch cannot be written", metadata: ["error": "\(error)"])
                }
                isFailing = true
            }
        }
    }

    /// - Throws: `StoreUnavailable`; ``FileError`` when only the file of the epoch was not written.
    func beat(_ raisesEpoch: Bool) async throws {
        let continuity = try await store.remember(clock.now, raisingEpoch: raisesEpoch)
        // First: a file that cannot be written must not stop the time that all upkeep goes by.
        course.clock.record(durable: continuity.clock)
        try await course.epoch.write(continuity.epoch)
    }
}

/// Says once that the clock is behind, and once that it has caught up.
struct ClockAlarm {
    private let clock: ClockGuard
    private let logger: Logger
    private var isBehind: Bool

    /// - Parameter now: A start that found the clock behind has said so already.
    init(_ clock: ClockGuard, _ logger: Logger, at now: NumericDate) {
        self.clock = clock
        self.logger = logger
        isBehind = !clock.permits(now)
    }

    mutating func look(_ now: NumericDate) {
        let wasBehind = isBehind
        isBehind = !clock.permits(now)
        if isBehind, !wasBehind { Self.raise(now, clock, logger) }
        if !isBehind, wasBehind { logger.notice("the clock has caught up: tokens are issued again") }
    }

    static func raise(_ now: NumericDate, _ clock: ClockGuard, _ logger: Logger) {
        logger.error(
            """
            the clock is behind the latest time that this service has acted on: no tokens are issued until it has \
            caught up; set the clock. If that earlier time was wrong, see --accept-clock
            """,
            metadata: ["now": "\(now.seconds)", "latest": "\(clock.latest.seconds)"]
        )
    }
}
