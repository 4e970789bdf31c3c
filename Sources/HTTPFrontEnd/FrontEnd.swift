package import Administration
package import AuthorizationServer
package import Hummingbird
import HummingbirdCore
package import Logging
package import NIOCore
package import NIOSSL
import OAuth

/// The HTTP side of the service: two listeners on the same event loops.
///
/// Start reading at ``Route/all``, then at the protocol handler.
package struct FrontEnd: Sendable {
    /// What the front end is made of; the composition root fills it in.
    package struct Parts: Sendable {
        package var state: ServiceStateBox
        package var directory: ClientDirectory
        package var lists: ListPublisher
        package var clients: any ClientStore
        package var tokenLife: TokenLife
        package var families: any FamilyStore
        package var installation: any InstallationStore
        package var administration: Administration
        package var clock: WallClock
        package var clockGuard: ClockGuard
        package var accessLog: AccessLogSink?
        package var bounds: Bounds
        package var failures = FailureLimiter()
        let adminFailures = AdminFailures()
        package var failureNews: FailureNews
        package var logger: Logger
        /// `version` of the build, for `tokenbooth_build_info`.
        package var version: String
        /// Writes the metrics of rooms that the front end cannot see.
        package var furtherMetrics: @Sendable (inout MetricsText) async -> Void

        package init(
            state: ServiceStateBox,
            directory: ClientDirectory,
            lists: ListPublisher,
            clients: any ClientStore,
            tokenLife: TokenLife,
            families: any FamilyStore,
            installation: any InstallationStore,
            administration: Administration,
            clock: WallClock,
            clockGuard: ClockGuard,
            accessLog: AccessLogSink?,
            bounds: Bounds,
            failureNews: FailureNews,
            logger: Logger,
            version: String,
            furtherMetrics: @escaping @Sendable (inout MetricsText) async -> Void
        ) {
            self.state = state
            self.directory = directory
            self.lists = lists
            self.clients = clients
            self.tokenLife = tokenLife
            self.families = families
            self.installation = installation
            self.administration = administration
            self.clock = clock
            self.clockGuard = clockGuard
            self.accessLog = accessLog
            self.bounds = bounds
            self.failureNews = failureNews
            self.logger = logger
            self.version = version
            self.furtherMetrics = furtherMetrics
        }
    }

    let parts: Parts
    let loops: LoopStates
    let readiness: Readiness
    let basePath: String
    let group: any EventLoopGroup

    /// - Parameter basePath: The path of the issuer, or empty.
    /// - Throws: A `KeyError` when the signing keys cannot be made ready.
    package init(_ parts: Parts, group: any EventLoopGroup, basePath: String) async throws {
        self.parts = parts
        self.group = group
        self.basePath = basePath
        let readiness = Readiness(
            store: parts.installation,
            state: parts.state,
            clock: parts.clock,
            clockGuard: parts.clockGuard
        )
        self.readiness = readiness
        var states: [NIOLoopBound<LoopState>] = []
        for loop in group.makeIterator() {
            states.append(
                try await loop.submit {
                    let state = try LoopState(
                        eventLoop: loop,
                        directory: parts.directory,
                        life: parts.tokenLife,
                        families: parts.families,
                        lists: parts.lists,
                        clock: parts.clock,
                        clockGuard: parts.clockGuard,
                        readiness: readiness,
                        box: parts.state,
                        accessLog: AccessLog(parts.accessLog),
                        failures: parts.failures,
                        failureNews: parts.failureNews,
                        logger: parts.logger
                    )
                    let bound = NIOLoopBound(state, eventLoop: loop)
                    loop.scheduleRepeatedTask(initialDelay: .milliseconds(250), delay: .milliseconds(250)) {
                        _ in
                        bound.value.tick()
                    }
                    return bound
                }.get()
            )
        }
        loops = LoopStates(states)
    }

    /// One listener as a service to run.
    ///
    /// - Parameters:
    ///   - address: Where to listen; port 0 picks one.
    ///   - maxConnections: Past them, new ones wait in the kernel's queue.
    ///   - onRunning: Called with the port when it listens.
    package func application(
        _ listener: Listener,
        address: BindAddress,
        tls: NIOSSLContext?,
        maxConnections: Int,
        onRunning: @escaping @Sendable (Int?) async -> Void
    ) -> some ApplicationProtocol {
        let context = ListenerContext(
            listener: listener,
            routes: RouteTable(listener: listener, basePath: basePath),
            bounds: parts.bounds
        )
        let loops = loops
        return Application(
            router: router(listener),
            server: HTTPServerBuilder { responder in
                BoothChannel(responder: responder, listener: context, loops: loops, tls: tls)
            },
            configuration: .init(
                address: address,
                backlog: 4096,
                availableConnectionsDelegate: .maximum(maxConnections, logger: parts.logger)
            ),
            onServerRunning: { channel in
                await AcceptRest.add(to: channel, maxConnections: maxConnections)
                await onRunning(channel.localAddress?.port)
            },
            eventLoopGroupProvider: .shared(group),
            logger: parts.logger
        )
    }

    /// Returns when the last connection is closed, or the task is cancelled.
    ///
    /// A listener waits for the connections that it knows of; one that it had just accepted may outlive it.
    package func lastConnections() async {
        while await loops.metrics().connections > 0, !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    /// What keys did since the last call, of those event loops that have counted for so many keys.
    package func takeUsage(atLeast count: Int = 1) async -> UsageHarvest {
        await loops.takeUsage(atLeast: count)
    }

    /// Writes out what the event loops still hold of the access log.
    package func finishLogs() async { await loops.handOverLogs() }
}
