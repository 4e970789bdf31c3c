import NIOCore
import ServiceLifecycle

/// Tells the service manager when the service is ready, that it is alive, how it goes, and when it stops.
///
/// It stands last among the services, so that it is the first to hear of the end.
struct ManagerReport: Service {
    let manager: ServiceManager
    /// Ends when both listeners have been opened.
    let opened: AsyncStream<Void>
    let pulse: LoopPulse
    /// What is said of a service that is well.
    let status: String
    /// Why the service is not ready, `nil` when it is.
    let problem: @Sendable () async -> String?

    /// Seconds that a start which goes on is given each time that it says so.
    private static let extraTime = 30
    /// The longest time between two looks.
    private static let interval = Duration.seconds(10)

    func run() async throws {
        await withGracefulShutdownHandler {
            await cancelWhenGracefulShutdown {
                do {
                    try await start()
                    try await watch()
                } catch {
                    // Cancelled: there is nothing left to tell.
                }
            }
        } onGracefulShutdown: {
            manager.stopping()
        }
    }

    /// Waits for the service to be ready however long it takes, for it is alive: a restart would set no clock and
    /// empty no disk.
    private func start() async throws {
        for await _ in opened {}
        while true {
            try await pulse.beat()
            guard let problem = await problem() else {
                if manager.ready(status) { return }
                try await Task.sleep(for: .seconds(1))
                continue
            }
            manager.starting("not ready: \(problem)", seconds: Self.extraTime)
            try await Task.sleep(for: .seconds(1))
        }
    }

    /// A store that fails is no reason to be restarted, so a heartbeat does not ask it.
    private func watch() async throws {
        let interval = manager.watchdog.map { min($0 / 3, Self.interval) } ?? Self.interval
        while true {
            try await pulse.beat()
            manager.beat()
            if let problem = await problem() {
                manager.report("not ready: \(problem)")
            } else {
                manager.report(status)
            }
            try await Task.sleep(for: interval)
        }
    }
}

/// A sign of life of every event loop.
struct LoopPulse: Sendable {
    let group: any EventLoopGroup

    /// Returns when each loop has done something for us; never, while one hangs.
    func beat() async throws {
        for loop in group.makeIterator() { try await loop.submit {}.get() }
    }
}
