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
