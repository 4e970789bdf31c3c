import Glibc
import Logging
import Primitives
import Synchronization

/// What `serve` tells the service manager that has started it (`sd_notify(3)`).
///
/// Where none has, or its socket is of no use, nothing is told and nothing else changes.
final class ServiceManager: Sendable {
    private enum Stage { case starting, ready, stopping }

    private struct State {
        var stage = Stage.starting
        var status = ""
        var isDeaf = false
    }

    private let socket: NotifySocket?
    private let logger: Logger
    private let state = Mutex(State())
    /// Time within which the manager wants a heartbeat; `nil` when it waits for none (`WatchdogSec=`).
    let watchdog: Duration?

    /// - Parameter environment: `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` count.
    init(environment: [String: String], logger: Logger) {
        self.logger = logger
        guard let name = environment["NOTIFY_SOCKET"], !name.isEmpty else {
            (socket, watchdog) = (nil, nil)
            return
        }
        do throws(NotifySocket.Mistake) {
            socket = try NotifySocket(parsing: name)
            watchdog = Self.watchdog(environment)
        } catch {
            (socket, watchdog) = (nil, nil)
            logger.warning(
                "the service manager is told nothing: NOTIFY_SOCKET cannot be used",
                metadata: ["reason": "\(error.reason)"]
            )
        }
    }

    /// Whether there is anybody to tell.
    var isThere: Bool { socket != nil }

    /// The start takes longer, and why; it is given `seconds` more.
    func starting(_ status: String, seconds: Int) {
        let isStarting = state.withLock { state in
            state.status = status
            return state.stage == .starting
        }
        guard isStarting else { return }
        send(["STATUS=\(Self.line(status))", "EXTEND_TIMEOUT_USEC=\(seconds * 1_000_000)"])
    }

    /// - Returns: Whether the manager knows.
    func ready(_ status: String) -> Bool {
        guard send(["READY=1", "STATUS=\(Self.line(status))"]) else { return false }
        state.withLock { state in
            state.status = status
            if state.stage == .starting { state.stage = .ready }
        }
        return true
    }

    /// Tells how it goes, when that has changed.
    func report(_ status: String) {
        let isNew = state.withLock { state in
            defer { state.status = status }
            return state.stage == .ready && !bytesEqual(state.status, status)
        }
        if isNew { send(["STATUS=\(Self.line(status))"]) }
    }

    /// Proves that the service is alive.
    func beat() { if watchdog != nil { send(["WATCHDOG=1"]) } }

    /// Settings are being read again.
    ///
    /// Before the start is complete the manager must not hear of it: what ends a reload would end the start.
    func reloading() {
        guard state.withLock({ $0.stage == .ready }) else { return }
        var now = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        let microseconds = UInt64(now.tv_sec) * 1_000_000 + UInt64(now.tv_nsec) / 1000
        send(["RELOADING=1", "MONOTONIC_USEC=\(microseconds)"])
    }

    /// The settings are read, or the old ones stay.
    func reloaded() {
        guard state.withLock({ $0.stage == .ready }) else { return }
        send(["READY=1"])
    }

    /// The last message: requests in flight are finished.
    ///
    /// A heartbeat goes with it, for the time that this takes.
    func stopping() {
        state.withLock { $0.stage = .stopping }
        send(["STOPPING=1", "STATUS=finishing requests in flight"] + (watchdog == nil ? [] : ["WATCHDOG=1"]))
    }

    @discardableResult
    private func send(_ lines: [String]) -> Bool {
        guard let socket else { return true }
        let failure = socket.send(Array(lines.joined(separator: "\n").utf8))
        let isNews = state.withLock { state in
            defer { state.isDeaf = failure != nil }
            return failure != nil && !state.isDeaf
        }
        if isNews, let failure {
            logger.warning(
                "the service manager cannot be told how the service is",
                metadata: ["reason": "\(SystemError.text(failure))"]
            )
        }
        return failure == nil
    }

    /// One line: with a line feed in it, a status would assign something else.
    private static func line(_ status: String) -> String { TerminalText.sanitized(status, limit: 512) }

    private static func watchdog(_ environment: [String: String]) -> Duration? {
        if let process = environment["WATCHDOG_PID"] {
            guard let process = pid_t(process), process == getpid() else { return nil }
        }
        guard let text = environment["WATCHDOG_USEC"], let microseconds = Int64(text), microseconds > 0 else {
            return nil
        }
        return .microseconds(microseconds)
    }
}
