package import AuthorizationServer
package import Logging
import OAuth
import Primitives
import Synchronization

/// What becomes known of an address that begins to fail too often: a line in the log, and an event of the audit trail.
package final class FailureNews: Sendable {
    /// Events a minute, at most: whoever has many addresses may fill the log, which turns, and not the trail.
    private static let eventsPerMinute = 60

    private let trail: any AuditRecorder
    private let clock: WallClock
    private let logger: Logger
    /// The minute that goes on, and its events.
    private let recent = Mutex((minute: Int64.min, count: 0))

    package init(trail: any AuditRecorder, clock: WallClock, logger: Logger) {
        self.trail = trail
        self.clock = clock
        self.logger = logger
    }

    /// - Parameter requestID: Of the request that was one too many.
    func report(_ address: IPAddress?, requestID: String) {
        let name = address?.text ?? "unknown"
        logger.warning("authentication_limited", metadata: ["address": "\(name)"])
        let now = clock.now
        let isRecorded = recent.withLock { recent in
            let minute = now.seconds / 60
            if recent.minute != minute { recent = (minute, 0) }
            recent.count += 1
            return recent.count <= Self.eventsPerMinute
        }
        guard isRecorded else { return }
        let source = AuditSource(actor: "unknown", address: address, requestID: requestID)
        let event = AuditEvent("lock_out", on: "address:" + name, by: source, at: now)
        trail.record(event) { [logger] result in
            if case .failure(let fault) = result {
                logger.error("lock_out not recorded", metadata: ["reason": "\(fault.reason)"])
            }
        }
    }
}
