import AuthorizationServer
import Glibc
import HTTPFrontEnd
import Logging
import SQLiteStore
import Synchronization

extension WallClock {
    /// The machine's real-time clock.
    static let system = WallClock {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        return (Int64(time.tv_sec), Int64(time.tv_nsec))
    }
}

extension LogSink {
    /// Access-log lines are of level `info`; they are made elsewhere and only written here.
    var accessLog: AccessLogSink {
        AccessLogSink(format: format == .json ? .json : .text) { [self] lines in
            if level <= .info { writer.write(lines) }
        }
    }

    /// For the libraries below: what they say of their own course is worth a line only when it is a warning.
    var frameworkLogger: Logger {
        var logger = logger(label: "http")
        logger.logLevel = .warning
        return logger
    }
}

/// How the log keeps up, as Prometheus text.
enum LogMetrics {
    static func write(_ writer: LogWriter, to text: inout MetricsText) {
        text.family(
            "tokenbooth_log_lines_dropped_total",
            "counter",
            "Log lines that were not written, because the log is not read fast enough or fails."
        )
        let dropped = writer.droppedLines.load(ordering: .relaxed)
        text.sample("tokenbooth_log_lines_dropped_total", [], String(dropped))
    }
}

/// What verifiers are told without asking, as Prometheus text.
enum ListMetrics {
    static func write(_ lists: ListPublisher, to text: inout MetricsText) {
        text.family("tokenbooth_status_lists", "gauge", "Status lists that tokens name.")
        text.sample("tokenbooth_status_lists", [], String(lists.statusListCount))
        text.family("tokenbooth_list_signatures_total", "counter", "Status and revocation lists signed.")
        text.sample("tokenbooth_list_signatures_total", [], String(lists.signatureCount))
    }
}

/// Whether the service can do its work, as Prometheus text: for alarms.
enum CourseMetrics {
    static func write(_ store: SQLiteStore, _ course: Course, to text: inout MetricsText) {
        text.family(
            "tokenbooth_db_failing",
            "gauge",
            "Whether the last attempt to make a change durable failed."
        )
        text.sample("tokenbooth_db_failing", [], store.health.isFailing ? "1" : "0")
        text.family(
            "tokenbooth_clock_behind",
            "gauge",
            "Whether the clock is too far behind for tokens to be issued."
        )
        text.sample("tokenbooth_clock_behind", [], course.clock.permits(WallClock.system.now) ? "0" : "1")
        text.family(
            "tokenbooth_epoch_failures_total",
            "counter",
            "Attempts to write the epoch into the keys directory that have failed."
        )
        text.sample(
            "tokenbooth_epoch_failures_total",
            [],
            String(course.epoch.failures.load(ordering: .relaxed))
        )
    }
}
