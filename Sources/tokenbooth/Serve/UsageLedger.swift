import AuthorizationServer
import HTTPFrontEnd
import Logging
import OAuth

/// Takes what keys did to the store, a batch at a time; what the store does not take waits.
///
/// At most the seconds between two flushes are lost when the process dies: counters, no token and no right. What
/// waits is bounded by the number of keys, for a failing store leaves one entry for each key and day.
actor UsageLedger {
    private let store: any UsageStore
    private let logger: Logger
    private var waiting = UsageHarvest()
    private var isFlushing = false
    private var isFailing = false
    private var written: UInt64 = 0
    private var failures: UInt64 = 0

    init(store: any UsageStore, logger: Logger) {
        self.store = store
        self.logger = logger
    }

    /// Adds to what waits, and writes all of it: a millisecond or two, then a pause, so that neither the writer nor a
    /// core is ever taken from others for long.
    ///
    /// - Parameters:
    ///   - harvest: Handed over: a caller that kept it would have all of it copied.
    ///   - time: Within which it is to be done; when it is zero, there is no pause.
    func flush(_ harvest: consuming UsageHarvest, within time: Duration = .seconds(1)) async {
        waiting.add(harvest)
        guard !isFlushing, !waiting.isEmpty else { return }
        isFlushing = true
        defer { isFlushing = false }
        var harvest = waiting
        waiting = UsageHarvest()
        var pace = UsagePace(within: time)
        while harvest.sortOne() { await pace.rest() }
        pace.begin()
        while !harvest.isEmpty {
            let batch = harvest.takeFirst(pace.batch(of: harvest.count))
            do throws(StoreUnavailable) {
                try await store.add(batch)
            } catch {
                waiting.add(harvest)
                waiting.add(batch)
                waiting.settle()
                return report(error)
            }
            isFailing = false
            written += UInt64(batch.count)
            if !harvest.isEmpty { await pace.rest() }
        }
    }

    /// The last flush: nothing else is going on, and there may be little time.
    func finish(_ harvest: consuming UsageHarvest) async {
        await flush(harvest, within: .zero)
        let lost = waiting.count
        if lost > 0 { logger.error("usage lost at the end", metadata: ["keys": "\(lost)"]) }
    }

    private func report(_ fault: StoreUnavailable) {
        failures += 1
        if !isFailing { logger.error("usage not written", metadata: ["reason": "\(fault.reason)"]) }
        isFailing = true
    }

    private var figures: (written: UInt64, failures: UInt64) { (written, failures) }

    nonisolated func writeMetrics(to text: inout MetricsText) async {
        let (written, failures) = await figures
        text.family("tokenbooth_usage_rows_written_total", "counter", "Counters of use taken to the store.")
        text.sample("tokenbooth_usage_rows_written_total", [], String(written))
        text.family(
            "tokenbooth_usage_flush_failures_total",
            "counter",
            "Flushes that the store did not take."
        )
        text.sample("tokenbooth_usage_flush_failures_total", [], String(failures))
    }
}
