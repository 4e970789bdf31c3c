import Administration
import AuthorizationServer
import HTTPFrontEnd
import Hummingbird
import JOSE
import Logging
import NIOCore
import NIOPosix
import OAuth
import Primitives
import SQLiteStore
import ServiceLifecycle
import UnixSignals

/// `tokenbooth serve`: the one place where the parts meet.
enum Server {
    static let version = "0.1.0"

    /// Runs until SIGTERM or SIGINT.
    ///
    /// - Throws: ``ConfigurationError``, ``FileError``, `SQLiteStoreError`, ``StartRefusal``; and what the
    ///   listeners cannot bind.
    static func run(_ request: ServeStart) async throws {
        let settings = request.settings
        let sink = LogSink(
            settings.log,
            isColoured: Terminal.isErrorTerminal && ProcessEnvironment.permitsColour
        )
        defer { _ = sink.writer.flush() }
        let logger = sink.logger(label: "tokenbooth")
        for warning in settings.warnings { logger.warning("\(warning)") }
        ProcessLimits.raise()
        let (files, wanted) = (ProcessLimits.descriptors, settings.maxConnections)
        let shares = try ConnectionShares(files: files, wanted: wanted, cores: System.coreCount)
        if let warning = shares.warning(wanted: wanted, files: files) { logger.warning("\(warning)") }
        // Before anything is made: what `config check` judges, too.
        let (tls, leakReporters) = (try settings.tlsContext(), try settings.leakReporters())

        let keysDirectory = try KeysDirectory(opening: settings.keysDirectory)
        let (board, denylist) = (StatusBoard(), Denylist())
        let relay = ChangeRelay(board: board, denylist: denylist)
        let store = try SQLiteStore.open(directory: settings.dataDirectory) { relay.pass($0) }
        defer { store.close() }
        for warning in store.warnings { logger.warning("\(warning)") }
        // The store's lock is ours, so no other start is writing here.
        try keysDirectory.removeLeftovers()

        let ports = (
            public: try FreePort(settings.listen, of: .listen, in: settings),
            admin: try FreePort(settings.adminListen, of: .adminListen, in: settings)
        )
        defer { withExtendedLifetime(ports) {} }
        let (listen, adminListen) = (ports.public.address, ports.admin.address)
        let issuer = settings.issuer(boundTo: listen)
        var start = Start(
            settings: settings,
            issuer: issuer.url,
            keys: keysDirectory,
            store: store,
            clock: .system,
            logger: logger,
            signer: request.signer
        )
        let course = try await start.enterCourse(request.consent)
        start.notBefore = course.notBefore
        start.acceptsRestore = request.consent.acceptsRestore
        start.clock = course.clock.judging(.system)
        let past = course.clock.forgetting(.system)
        let keeper = try await start.prepare(replacesRootKey: request.replacesRootKey, past: past)
        let loadedAt = start.clock.now
        try await store.loadStatuses(into: board, at: loadedAt)
        let lists = ListPublisher(board: board, denylist: denylist)
        let directory = ClientDirectory(store: store, issuer: issuer.url)
        let life = TokenLife(
            board: board,
            denylist: denylist,
            denials: store,
            clients: store,
            health: store.health
        )
        relay.attach(directory)

        let state = ServiceStateBox(
            try start.state(
                await keeper.ring,
                start.refreshSecret(),
                leakReporters: leakReporters,
                adminListen: adminListen
            )
        )
        await keeper.attach { ring in state.update { $0.ring = ring } }
        let group = MultiThreadedEventLoopGroup.singleton
        let ledger = UsageLedger(store: store, logger: logger)
        let frontEnd = try await FrontEnd(
            .init(
                state: state,
                directory: directory,
                lists: lists,
                clients: store,
                tokenLife: life,
                families: store,
                installation: store,
                administration: start.administration(course, keeper, state),
                clock: .system,
                clockGuard: course.clock,
                accessLog: sink.accessLog,
                bounds: Bounds(),
                failureNews: FailureNews(trail: store, clock: .system, logger: sink.frameworkLogger),
                logger: sink.frameworkLogger,
                version: version,
                furtherMetrics: { [metrics = StoreMetrics(store, clock: .system), writer = sink.writer] in
                    await metrics.write(to: &$0)
                    LogMetrics.write(writer, to: &$0)
                    CourseMetrics.write(store, course, to: &$0)
                    ListMetrics.write(lists, to: &$0)
                    await ledger.writeMetrics(to: &$0)
                    keeper.figures.write(to: &$0)
                    await AuditMetrics.write(store, to: &$0)
                }
            ),
            group: group,
            basePath: issuer.path
        )
        try await frontEnd.rehearse()
        let (opened, opening) = AsyncStream.makeStream(of: Void.self)
        let ready = ReadyEvent(logger: logger, issuer: issuer, listen: listen, adminListen: adminListen) {
            opening.finish()
        }
        if settings.isDevelopment { ready.sampleKey = try await start.sampleKey() }
        let listeners = SideBySide(services: [
            frontEnd.application(
                .public,
                address: .hostname(listen.host, port: listen.port),
                tls: tls,
                maxConnections: shares.public
            ) { _ in ready.listening() },
            frontEnd.application(
                .admin,
                address: .hostname(adminListen.host, port: adminListen.port),
                tls: tls,
                maxConnections: shares.admin
            ) { _ in ready.listening() },
        ]) { await frontEnd.lastConnections() }
        let manager = ServiceManager(environment: ProcessEnvironment.variables, logger: logger)
        var services: [any Service] = [
            listeners,
            SigningKeyUpkeep(keeper: keeper),
            Reloader(
                start: start,
                keeper: keeper,
                state: state,
                adminListen: adminListen,
                sink: sink,
                logger: logger,
                manager: manager,
                reload: request.reload
            ),
            Heartbeat(store: store, clock: .system, course: course, logger: logger),
            DenialUpkeep(
                keeper: DenylistKeeper(list: denylist, store: store),
                health: store.health,
                store: store,
                clock: past,
                logger: logger
            ),
            FamilyPruning(store: store, clock: past, logger: logger),
            UsageUpkeep(
                ledger: ledger,
                take: { await frontEnd.takeUsage(atLeast: $0) },
                directory: directory,
                store: store,
                retention: settings.usageRetention.seconds,
                clock: past,
                logger: logger
            ),
            StatusUpkeep(store: store, clock: past, loadedAt: loadedAt, logger: logger),
            AuditUpkeep(store, retention: settings.auditRetention, clock: past, logger: logger),
        ]
        if manager.isThere {
            services.append(
                ManagerReport(
                    manager: manager,
                    opened: opened,
                    pulse: LoopPulse(group: group),
                    status: "serving \(issuer) at \(listen), administration at \(adminListen)",
                    problem: { await frontEnd.problem() }
                )
            )
        }
        var configuration = ServiceGroupConfiguration(
            services: services,
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: sink.frameworkLogger
        )
        configuration.maximumGracefulShutdownDuration = .seconds(10)
        try await ServiceGroup(configuration: configuration).run()
        await ledger.finish(await frontEnd.takeUsage())
        // Whatever was copied while it served is older than what is left behind.
        do { try await course.epoch.raise(at: WallClock.system.now) } catch {
            logger.warning("the epoch was not raised at the end", metadata: ["error": "\(error)"])
        }
        await frontEnd.finishLogs()
        logger.info("stopped")
    }
}
