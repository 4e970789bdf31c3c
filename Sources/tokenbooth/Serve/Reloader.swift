import HTTPFrontEnd
import Logging
import ServiceLifecycle
import UnixSignals

/// SIGHUP: reads settings and keys once more; what is not in order leaves everything as it was.
struct Reloader: Service {
    let start: Start
    let keeper: SigningKeyKeeper
    let state: ServiceStateBox
    let adminListen: ListenAddress
    let sink: LogSink
    let logger: Logger
    let manager: ServiceManager
    let reload: @Sendable () throws -> Settings

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sighup)
        try await withGracefulShutdownHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { for await _ in signals { await apply() } }
                group.addTask { try await gracefulShutdown() }
                try await group.next()
                group.cancelAll()
            }
        } onGracefulShutdown: {
        }
    }

    private func apply() async {
        manager.reloading()
        defer { manager.reloaded() }
        do {
            let settings = try reload()
            let fixed = start.settings.needingRestart(to: settings)
            if !fixed.isEmpty {
                let names = fixed.map(\.rawValue).joined(separator: ", ")
                logger.warning("these settings take effect at a restart", metadata: ["settings": "\(names)"])
            }
            var running = start.settings
            running.tokenPolicy = settings.tokenPolicy
            running.refresh = settings.refresh
            running.failedAuthentications = settings.failedAuthentications
            running.statusTimeToLive = settings.statusTimeToLive
            running.trustedProxies = settings.trustedProxies
            running.signingKeyRotation = settings.signingKeyRotation
            running.leakKeysFile = settings.leakKeysFile
            let reporters = try settings.leakReporters()
            let next = Start(
                settings: running,
                issuer: start.issuer,
                keys: start.keys,
                store: start.store,
                clock: start.clock,
                logger: logger,
                signer: start.signer,
                notBefore: start.notBefore
            )
            if let installation = try await start.store.installation() {
                try next.check(installation, replacesRootKey: false)
            }
            let secret = try next.refreshSecret()
            try await keeper.reload(running) { [state, adminListen] ring in
                state.replace(
                    with: next.state(ring, secret, leakReporters: reporters, adminListen: adminListen)
                )
            }
            sink.level = settings.log.level
            logger.info("settings reloaded")
        } catch {
            // A line each: a long one would be cut.
            for mistake in (error as? ConfigurationError)?.mistakes ?? [error] as [any Error] {
                logger.error("settings not reloaded: the old ones stay", metadata: ["error": "\(mistake)"])
            }
        }
    }
}
