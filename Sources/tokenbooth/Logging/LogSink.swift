import Logging
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The one place where all log lines of the process meet: format, level and writer.
final class LogSink: Sendable {
    let writer: LogWriter
    let format: LogSettings.Format
    let isColoured: Bool
    private let currentLevel: Mutex<Logger.Level>

    /// - Parameters:
    ///   - isColoured: Only for the text format.
    ///   - descriptor: Standard error; tests take another.
    init(
        _ settings: LogSettings,
        isColoured: Bool = false,
        descriptor: CInt = STDERR_FILENO,
        capacity: Int = 1 << 20
    ) {
        let format = settings.format
        self.format = format
        self.isColoured = isColoured && format == .text
        currentLevel = Mutex(settings.level)
        writer = LogWriter(descriptor: descriptor, capacity: capacity) { count in
            LogLine(
                level: .warning,
                message: "log lines were dropped because the log is not read fast enough",
                metadata: [("count", .stringConvertible(count))],
                time: LogTime.now()
            ).bytes(format, isColoured: false)
        }
    }

    /// Changes at run time (SIGHUP), for all loggers; one that was given a level of its own says nothing below that.
    var level: Logger.Level {
        get { currentLevel.withLock { $0 } }
        set { currentLevel.withLock { $0 = newValue } }
    }

    /// A logger whose lines end here.
    func logger(label: String) -> Logger {
        Logger(label: label) { _ in LineLogHandler(sink: self) }
    }
}
