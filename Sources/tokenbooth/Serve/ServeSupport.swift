import AuthorizationServer
import Glibc
import HTTPFrontEnd
import Logging
import SQLiteStore

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
        logger.logLevel = max(level, .warning)
        return logger
    }
}

/// What verifiers are told without asking, as Prometheus text.
enum ListMetrics {
    static func text(_ lists: ListPublisher) -> String {
        """
        # HELP tokenbooth_status_lists Status lists that tokens name.
        # TYPE tokenbooth_status_lists gauge
        tokenbooth_status_lists \(lists.statusListCount)
        # HELP tokenbooth_list_signatures_total Status and revocation lists signed.
        # TYPE tokenbooth_list_signatures_total counter
        tokenbooth_list_signatures_total \(lists.signatureCount)

        """
    }
}

/// What the committer did, as Prometheus text.
enum CommitMetrics {
    static func text(_ statistics: CommitStatistics) -> String {
        """
        # HELP tokenbooth_db_commits_total Transactions made durable.
        # TYPE tokenbooth_db_commits_total counter
        tokenbooth_db_commits_total \(statistics.commits)
        # HELP tokenbooth_db_mutations_total Changes made durable, many to a transaction under load.
        # TYPE tokenbooth_db_mutations_total counter
        tokenbooth_db_mutations_total \(statistics.mutations)

        """
    }
}

/// Whether the service can do its work, as Prometheus text: for alarms.
enum CourseMetrics {
    static func text(_ store: SQLiteStore, _ clock: ClockGuard) -> String {
        """
        # HELP tokenbooth_db_failing Whether the last attempt to make a change durable failed.
        # TYPE tokenbooth_db_failing gauge
        tokenbooth_db_failing \(store.health.isFailing ? 1 : 0)
        # HELP tokenbooth_clock_behind Whether the clock is too far behind for tokens to be issued.
        # TYPE tokenbooth_clock_behind gauge
        tokenbooth_clock_behind \(clock.permits(WallClock.system.now) ? 0 : 1)

        """
    }
}
