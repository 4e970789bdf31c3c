import ServiceLifecycle

/// Services that stop together: a `ServiceGroup` would let one end before it tells the next, and a slow client of
/// one listener would keep the other open.
struct SideBySide: Service {
    let services: [any Service]
    /// What is left to do when all have ended, within the time that they had.
    let last: @Sendable () async -> Void

    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for service in services { group.addTask { try await service.run() } }
            for try await _ in group {}
        }
        await last()
    }
}
