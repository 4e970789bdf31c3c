import AuthorizationServer
import JOSE
import Logging
import NIOCore
import OAuth
import Primitives

/// Everything that one event loop needs to answer without asking another thread.
///
/// Confined to its loop; the two listeners share it.
final class LoopState {
    let eventLoop: any EventLoop
    /// Brings what the store has to say to this loop.
    let carrier: LoopCarrier
    let directory: ClientDirectory
    let life: TokenLife
    let families: any FamilyStore
    let lists: ListPublisher
    let clock: WallClock
    let clockGuard: ClockGuard
    let readiness: Readiness
    private let box: ServiceStateBox
    private var version: Int
    private(set) var state: ServiceState
    private(set) var minter: TokenMinter
    private(set) var documents: Documents
    private(set) var endpoint: TokenEndpoint
    private(set) var tokens: LiveTokenCheck
    /// What lists are signed with.
    private(set) var listTerms: ListTerms
    private var random = RandomBlock()
    private var dateSecond: Int64 = .min
    private var dateText: [UInt8] = []
    private var room: [UInt8] = []
    var buffers = AnswerBuffers()
    var metrics = LoopMetrics()
    /// What keys did, until it is taken to the store.
    var usage = UsageTally()
    let accessLog: AccessLog
    let failures: FailureLimiter
    let failureNews: FailureNews
    /// For faults; refusals are in the access log.
    let logger: Logger
    /// Clients being read from the store for this loop.
    var loadsInFlight = 0
    private var connections: [ObjectIdentifier: ProtocolHandler] = [:]
    /// Connections whose time is up, ended a few at a time.
    ///
    /// A crowd that came together ends together, and closing ten thousand takes a good part of a second, in which
    /// nobody else would be answered.
    private let overdue: PacedWork<ProtocolHandler>
    /// Who may read when all together ask for too much.
    let turns: ReadingTurns<ProtocolHandler>
    let rounds: AnswerRounds<ProtocolHandler>

    /// - Throws: ``KeyError`` when no signing context can be made.
    init(
        eventLoop: any EventLoop,
        directory: ClientDirectory,
        life: TokenLife,
        families: any FamilyStore,
        lists: ListPublisher,
        clock: WallClock,
        clockGuard: ClockGuard,
        readiness: Readiness,
        box: ServiceStateBox,
        accessLog: AccessLog,
        failures: FailureLimiter,
        failureNews: FailureNews,
        logger: Logger
    ) throws(KeyError) {
        self.eventLoop = eventLoop
        carrier = LoopCarrier(eventLoop)
        self.directory = directory
        self.life = life
        self.families = families
        self.lists = lists
        self.clock = clock
        self.clockGuard = clockGuard
        self.readiness = readiness
        self.box = box
        self.accessLog = accessLog
        self.failures = failures
        self.failureNews = failureNews
        self.logger = logger
        version = box.version
        state = box.current
        minter = try TokenMinter(state.ring, issuer: state.issuer)
        documents = Documents(state)
        tokens = life.check(state)
        endpoint = TokenEndpoint(state)
        listTerms = ListTerms(state)
        overdue = PacedWork(on: eventLoop, share: 32) { $0.check(.now()) }
        turns = ReadingTurns(on: eventLoop) { $0.readInTurn() }
        rounds = AnswerRounds(on: eventLoop, answer: { $0.workOut() }) { if $0.conclude() { $0.advance() } }
    }

    /// Takes over new settings and keys, if there are any; with keys that cannot sign the old ones stay.
    func refresh() {
        let version = box.version
        guard version != self.version else { return }
        let state = box.current
        guard let minter = try? TokenMinter(state.ring, issuer: state.issuer) else { return }
        self.version = version
        self.state = state
        self.minter = minter
        documents = Documents(state)
        tokens = life.check(state)
        endpoint = TokenEndpoint(state)
        listTerms = ListTerms(state)
    }

    /// The time to judge tokens, families and keys by: never before one that was judged by.
    var judgedNow: NumericDate { clockGuard.judged(clock.now) }

    /// `iat` of what was judged and is minted now.
    ///
    /// After a small step back of the clock the time to judge by is ahead of it, and others would take the token for
    /// one of the future (RFC 7519 §4.1.6).
    func issued(judgedAt time: NumericDate) -> NumericDate { min(time, clock.now) }

    /// `Date` of a response, made once a second.
    func date(_ now: NumericDate) -> [UInt8] {
        if now.seconds != dateSecond {
            dateSecond = now.seconds
            dateText = CivilTime(unixTime: now.seconds).httpDate
        }
        return dateText
    }

    /// Lends an empty array that has room already.
    func withRoom(_ body: (inout [UInt8]) -> Void) {
        var bytes: [UInt8] = []
        swap(&bytes, &room)
        bytes.removeAll(keepingCapacity: true)
        body(&bytes)
        swap(&bytes, &room)
    }

    /// A request id of our own: 96 random bits.
    func makeRequestID() -> [UInt8] {
        var id: [UInt8] = []
        id.reserveCapacity(16)
        random.append(12, base64URLTo: &id)
        return id
    }

    func add(_ connection: ProtocolHandler) {
        connections[ObjectIdentifier(connection)] = connection
        turns.isWatching = connections.count > ReadingTurns<ProtocolHandler>.few
    }

    func remove(_ connection: ProtocolHandler) {
        connections[ObjectIdentifier(connection)] = nil
        turns.isWatching = connections.count > ReadingTurns<ProtocolHandler>.few
    }

    /// The counters, and how much is going on at this moment.
    func measured() -> LoopMetrics {
        var metrics = metrics
        metrics.connections = connections.count
        metrics.requestsInFlight = connections.values.count { $0.answering != nil }
        return metrics
    }

    /// Four times a second: ends what has taken too long, and hands over what was logged.
    func tick() {
        let now = NIODeadline.now()
        if overdue.isDone { overdue.add(connections.values.filter { $0.deadline.hasPassed(at: now) }) }
        accessLog.handOver()
    }
}
