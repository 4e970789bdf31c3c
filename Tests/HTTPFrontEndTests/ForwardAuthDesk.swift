import Administration
import AuthorizationServer
import JOSE
import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1
import OAuth
import Primitives
import SQLiteStore
import Testing

@testable import HTTPFrontEnd

/// The protocol handler over connections in memory, with one key in the group `partners` and a token of it.
struct ForwardAuthDesk {
    static let audience = "https://api.example"

    let key: APIKey
    let client: Client
    let token: String
    let board = StatusBoard()
    let denylist = Denylist()
    let health = StoreHealth()
    let clockGuard: ClockGuard
    let now: NumericDate
    private let desk: AdminDesk
    private let state: ServiceState
    private let directory: ClientDirectory

    /// - Parameter members: Of the key, beside its name, audience and group.
    init(_ members: String = "") async throws {
        desk = try await AdminDesk()
        now = desk.now
        clockGuard = ClockGuard(latest: desk.now)
        _ = try await desk.ask(.createGroup, body: #"{"name":"partners"}"#)
        let body = #"{"name":"n","audiences":["\#(Self.audience)"],"groups":["partners"]\#(members)}"#
        let made = try desk.json(try await desk.ask(.createKey, body: body))
        key = try #require(made.object?["key"]?.string.flatMap { APIKey(parsing: Array($0.utf8)) })
        try await desk.store.loadStatuses(into: board, at: now)
        denylist.finishLoading()
        let issuer = "https://auth.example"
        directory = ClientDirectory(store: desk.store, issuer: issuer)
        client = try #require(try await directory.load(key.digest, at: now))
        let ring = try #require(KeyRing(active: [SigningKey.generate(.es256)]))
        state = ServiceState(
            issuer: issuer,
            ring: ring,
            policy: TokenPolicy(defaultLifetime: 300, maximumLifetime: 3_600),
            refreshPolicy: RefreshPolicy(),
            refreshSecret: RefreshSecret([UInt8](repeating: 7, count: 32)),
            trustedProxies: AddressList([]),
            jwksMaxAge: 300,
            statusTimeToLive: 30,
            adminHosts: nil
        )
        let endpoint = TokenEndpoint(state)
        let request = try TokenRequest(
            form: FormParameters(parsing: Array("grant_type=client_credentials".utf8)),
            authorization: [],
            apiKeyHeader: [String(decoding: key.secret, as: UTF8.self)]
        )
        let found = TokenEndpoint.FoundClients(authenticated: client, subject: nil)
        let decision = try endpoint.decide(request, clients: found, from: nil, at: now)
        guard case .mint(let grant) = decision else { throw OAuthError(.invalidGrant, "to be kept") }
        let response = try TokenMinter(ring, issuer: issuer).mint(grant, at: now)
        token = String(decoding: response.accessToken, as: UTF8.self)
    }

    /// `jti` of the token.
    var tokenID: TokenID {
        get throws {
            let claims = try JSONValue(parsing: CompactJWS(parsing: Array(token.utf8)).payload).object
            return try #require(claims?["jti"]?.string.flatMap { TokenID(jti: $0) })
        }
    }

    /// A request head without its last line.
    func head(
        _ fields: [String] = [],
        method: String = "GET",
        asking query: String = "audience=\(ForwardAuthDesk.audience)"
    ) -> String {
        let lines = ["\(method) /forward-auth?\(query) HTTP/1.1", "Host: localhost"] + fields
        return lines.map { $0 + "\r\n" }.joined()
    }

    /// What a connection answers to these bytes at once, and whether it goes on.
    func send(_ text: String, change: (inout ServiceState) -> Void = { _ in }, at time: NumericDate? = nil)
        throws
        -> (answers: [String], isOpen: Bool)
    {
        var state = state
        change(&state)
        let (channel, handler) = try connect(state, at: time)
        channel.pipeline.fireChannelRead(ByteBuffer(string: text))
        channel.pipeline.fireChannelReadComplete()
        channel.embeddedEventLoop.run()
        let answers = try Self.answers(on: channel)
        let isOpen = handler.mode == .open
        _ = try? channel.finish(acceptAlreadyClosed: true)
        return (answers, isOpen)
    }

    /// A new connection to a listener.
    func connect(
        _ state: ServiceState? = nil,
        to listener: Listener = .public,
        bounds: Bounds = Bounds(),
        at time: NumericDate? = nil
    ) throws -> (channel: EmbeddedChannel, handler: ProtocolHandler) {
        let channel = EmbeddedChannel()
        let handler = ProtocolHandler(
            loop: try loop(on: channel.embeddedEventLoop, state ?? self.state, at: time ?? now),
            listener: ListenerContext(
                listener: listener,
                routes: RouteTable(listener: listener, basePath: ""),
                bounds: bounds
            )
        )
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(ByteWatch(handler))
        try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
        try pipeline.addHandler(handler)
        channel.pipeline.fireChannelActive()
        return (channel, handler)
    }

    /// What was written since the last call, from the status of each answer on.
    static func answers(on channel: EmbeddedChannel) throws -> [String] {
        var output = ""
        while let bytes = try channel.readOutbound(as: ByteBuffer.self) { output += String(buffer: bytes) }
        return output.split(separator: "HTTP/1.1 ").map(String.init)
    }

    private func loop(on eventLoop: EmbeddedEventLoop, _ state: ServiceState, at time: NumericDate) throws
        -> LoopState
    {
        let clock = WallClock { (time.seconds, 0) }
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let box = ServiceStateBox(state)
        return try LoopState(
            eventLoop: eventLoop,
            directory: directory,
            life: TokenLife(
                board: board,
                denylist: denylist,
                denials: desk.store,
                clients: desk.store,
                health: health
            ),
            families: desk.store,
            lists: ListPublisher(board: board, denylist: denylist),
            clock: clock,
            clockGuard: clockGuard,
            readiness: Readiness(store: desk.store, state: box, clock: clock, clockGuard: clockGuard),
            box: box,
            accessLog: AccessLog(nil),
            failures: FailureLimiter(),
            failureNews: FailureNews(trail: desk.store, clock: clock, logger: logger),
            logger: logger
        )
    }
}
