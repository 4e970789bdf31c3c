import AdminAPI
import Administration
import AuthorizationServer
import HTTPFrontEnd
import Logging
import OAuth
import Primitives
import SQLiteStore
import ServiceLifecycle

/// Forgets answers that were kept for a day, and events of the audit trail that are older than the operator wants.
struct AuditUpkeep: Service {
    private let store: SQLiteStore
    private let retention: TimeSpan?
    private let clock: WallClock
    private let logger: Logger

    private static let batch = 200

    /// - Parameter retention: `nil`: the trail is kept for ever.
    init(_ store: SQLiteStore, retention: TimeSpan?, clock: WallClock, logger: Logger) {
        self.store = store
        self.retention = retention
        self.clock = clock
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await prune()
                try? await Task.sleep(for: .seconds(600))
            }
        }
    }

    private func prune() async {
        let now = clock.now
        var count = 0
        do {
            while !Task.isCancelled {
                let batch = try await store.prune(
                    auditBefore: retention.map { now.advanced(by: -$0.seconds) },
                    at: now,
                    limit: Self.batch
                )
                guard batch > 0 else { break }
                count += batch
                try? await Task.sleep(for: .milliseconds(50))
            }
        } catch {
            logger.error("old events and answers not forgotten", metadata: ["error": "\(error)"])
        }
        if count > 0 { logger.debug("old events and answers forgotten", metadata: ["count": "\(count)"]) }
    }
}

/// The head of the audit trail, to be kept elsewhere: a trail that is shorter than it was has lost its end.
enum AuditMetrics {
    static func write(_ store: SQLiteStore, to text: inout MetricsText) async {
        guard let head = try? await store.auditHead() else { return }
        text.family(
            "tokenbooth_audit_events",
            "gauge",
            "The number of the latest event of the audit trail; it never falls."
        )
        text.sample("tokenbooth_audit_events", [], String(head.number))
        let name = "tokenbooth_audit_head_hash"
        text.family(name, "gauge", "The hash of that event: 8 parts of 32 bits, the most significant first.")
        let bytes = head.hash.bytes
        for part in 0..<8 {
            let value = UInt32(bigEndianBytes: bytes[part * 4..<part * 4 + 4])
            text.sample(name, [("part", String(part))], String(value))
        }
    }
}
