import HTTPFrontEnd
import SQLiteStore

/// What the database and its committer did, as Prometheus text.
actor StoreMetrics {
    private let store: SQLiteStore
    private let clock: WallClock
    /// The last count, or the one under way: counting takes longer the more keys there are.
    private var latest: (counts: Task<KeyCounts?, Never>, begun: ContinuousClock.Instant)?

    private static let countsStayFor = Duration.seconds(15)

    init(_ store: SQLiteStore, clock: WallClock) {
        self.store = store
        self.clock = clock
    }

    nonisolated func write(to text: inout MetricsText) async {
        let statistics = store.statistics
        Self.write(
            statistics.durations,
            to: &text,
            "tokenbooth_db_write_duration_seconds",
            "From the beginning of a transaction until it was durable."
        )
        Self.write(
            statistics.batchSizes,
            to: &text,
            "tokenbooth_db_batch_size",
            "Changes, and refusals among them, that one transaction has settled."
        )
        for (name, help, count) in [
            (
                "tokenbooth_db_commit_failures_total",
                "Transactions that failed as a whole, with every change in them.", statistics.failures
            ),
            (
                "tokenbooth_db_reopenings_total",
                "How often the database was opened again after a fault.", statistics.reopenings
            ),
        ] {
            text.family(name, "counter", help)
            text.sample(name, [], String(count))
        }
        if let bytes = store.logBytes {
            text.family("tokenbooth_db_wal_bytes", "gauge", "Size of the database's write-ahead log.")
            text.sample("tokenbooth_db_wal_bytes", [], String(bytes))
        }
        // A database that cannot be read has no number of keys; readiness says so.
        guard let keys = await keyCounts() else { return }
        text.family("tokenbooth_api_keys", "gauge", "API keys, by state, counted every 15 seconds at most.")
        let states = [
            ("active", keys.active), ("disabled", keys.disabled), ("expired", keys.expired),
            ("revoked", keys.revoked),
        ]
        for (state, count) in states {
            text.sample("tokenbooth_api_keys", [("state", state)], String(count))
        }
    }

    private func keyCounts() async -> KeyCounts? {
        if let latest, latest.begun.duration(to: .now) < Self.countsStayFor {
            return await latest.counts.value
        }
        // A task of its own: many may ask at once, and any of them may hang up.
        let counts = Task { [store, clock] in try? await store.keyCounts(at: clock.now) }
        latest = (counts, .now)
        return await counts.value
    }

    private static func write(
        _ distribution: Distribution,
        to text: inout MetricsText,
        _ name: String,
        _ help: String
    ) {
        text.family(name, "histogram", help)
        text.histogram(
            name,
            bounds: distribution.bounds.map(bound),
            counts: distribution.counts,
            sum: distribution.sum
        )
    }

    /// `1` rather than `1.0`, as everybody writes the bounds of a histogram.
    private static func bound(_ value: Double) -> String {
        Int(exactly: value).map { String($0) } ?? String(value)
    }
}
