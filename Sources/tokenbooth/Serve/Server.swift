import Administration
import AuthorizationServer
import HTTPFrontEnd
import Hummingbird
import JOSE
import Logging
import NIOPosix
import OAuth
import Primitives
import SQLiteStore
import ServiceLifecycle
import Synchronization
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
            isColoured: Terminal.isErrorTerminal && ProcessEnvironment.variables["NO_COLOR"] == nil
        )
        defer { _ = sink.writer.flush() }
        let logger = sink.logger(label: "tokenbooth")
        for warning in settings.warnings { logger.warning("\(warning)") }
        ProcessLimits.raise()

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
        let past = course.clock.forgetting(.system)
        let keeper = try await start.prepare(replacesRootKey: request.replacesRootKey, past: past)
        let loadedAt = course.clock.judged(start.clock.now)
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
            try start.state(await keeper.ring, start.refreshSecret(), adminListen: adminListen)
        )
        await keeper.attach { ring in state.update { $0.ring = ring } }
        let group = MultiThreadedEventLoopGroup.singleton
        let frontEnd = try await FrontEnd(
            .init(
                state: state,
                directory: directory,
                lists: lists,
                clients: store,
                tokenLife: life,
                families: store,
                installation: store,
                administration: start.administration(course, keeper),
                clock: .system,
                clockGuard: course.clock,
                accessLog: sink.accessLog,
                bounds: Bounds(),
                logger: sink.frameworkLogger,
                version: version,
                furtherMetrics: { [metrics = StoreMetrics(store, clock: .system)] in
                    await metrics.write(to: &$0)
                    CourseMetrics.write(store, course.clock, to: &$0)
                    ListMetrics.write(lists, to: &$0)
                    keeper.figures.write(to: &$0)
                }
            ),
            group: group,
            basePath: issuer.path
        )
        try await frontEnd.rehearse()
        let tls = try settings.tls.map { files in try TLSContext.make(files) }
        let maxConnections = settings.maxConnections ?? ProcessLimits.connections
        let ready = ReadyEvent(logger: logger, issuer: issuer, listen: listen, adminListen: adminListen)
        if settings.isDevelopment { ready.sampleKey = try await start.sampleKey() }
        let listeners = SideBySide(services: [
            frontEnd.application(
                .public,
                address: .hostname(listen.host, port: listen.port),
                tls: tls,
                maxConnections: maxConnections
            ) { _ in ready.listening() },
            frontEnd.application(
                .admin,
                address: .hostname(adminListen.host, port: adminListen.port),
                tls: tls,
                maxConnections: maxConnections
            ) { _ in ready.listening() },
        ]) { await frontEnd.lastConnections() }
        let services: [any Service] = [
            listeners,
            SigningKeyRotation(keeper: keeper),
            Reloader(
                start: start,
                keeper: keeper,
                state: state,
                adminListen: adminListen,
                sink: sink,
                logger: logger,
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
            StatusUpkeep(store: store, clock: past, loadedAt: loadedAt, logger: logger),
        ]
        var configuration = ServiceGroupConfiguration(
            services: services,
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: sink.frameworkLogger
        )
        configuration.maximumGracefulShutdownDuration = .seconds(10)
        try await ServiceGroup(configuration: configuration).run()
        // Whatever was copied while it served is older than what is left behind.
        do { try await course.epoch.raise(at: start.clock.now) } catch {
            logger.warning("the epoch was not raised at the end", metadata: ["error": "\(error)"])
        }
        await frontEnd.finishLogs()
        logger.info("stopped")
    }
}

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

/// Says once that both listeners are up.
final class ReadyEvent: Sendable {
    private let logger: Logger
    private let issuer: Issuer
    private let listen: ListenAddress
    private let adminListen: ListenAddress
    private let waiting = Atomic<Int>(2)
    private let sample = Mutex<APIKey?>(nil)

    init(logger: Logger, issuer: Issuer, listen: ListenAddress, adminListen: ListenAddress) {
        self.logger = logger
        self.issuer = issuer
        self.listen = listen
        self.adminListen = adminListen
    }

    /// Of `--dev`: goes to standard output with two commands that work, never to the log.
    var sampleKey: APIKey? {
        get { sample.withLock { $0 } }
        set { sample.withLock { $0 = newValue } }
    }

    func listening() {
        guard waiting.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0 else { return }
        logger.info(
            "ready",
            metadata: ["public": "\(listen)", "admin": "\(adminListen)", "issuer": "\(issuer)"]
        )
        guard let key = sampleKey else { return }
        try? Terminal.print(
            """

            Tokenbooth is open. A token for the sample API key:

              curl -s -u ":\(String(decoding: key.secret, as: UTF8.self))" -d grant_type=client_credentials \
            \(issuer)/oauth2/token

            The keys to verify it with, and everything else:

              curl -s \(issuer)/oauth2/jwks
              \(issuer)/docs

            """
        )
    }
}
