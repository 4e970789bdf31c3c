import AuthorizationServer
import NIOCore
import NIOHTTP1

/// What one listener is, for every connection on it.
struct ListenerContext: Sendable {
    let listener: Listener
    let routes: RouteTable
    let bounds: Bounds
    let largeBodies = LargeBodies()
    var shape: ErrorShape { ErrorShape(listener) }
}

/// One HTTP/1.1 connection: requests are collected whole, answered in order, and bounded in every direction.
///
/// What can be answered at once is answered here, on the event loop. Everything else goes on to Hummingbird,
/// one request at a time, and its answers come back the same way. So limits, order, logging and closing are
/// decided in one place, whoever answers.
final class ProtocolHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = ByteBuffer

    /// What stands in line to be answered.
    enum Item {
        case request(CollectedRequest)
        /// The end of the connection's input, with the answer that says why.
        case refusal(Refusal)
    }

    struct Refusal {
        let status: Int
        let description: String
        let requestID: [UInt8]
        let arrived: NIODeadline
    }

    enum Mode {
        case open
        /// The last answer stands in line, mostly a refusal: no further input counts.
        case refusing
        /// The last answer is out: what still arrives is thrown away, for a while.
        case lingering
    }

    let loop: LoopState
    let listener: ListenerContext
    var context: ChannelHandlerContext?
    /// Where bytes wait that are not decoded yet.
    var bytes: ByteWatch?
    var mode = Mode.open
    var deadline = Deadline()
    var peer: IPAddress?

    /// When the first bytes came of the request that is arriving; `nil` between requests.
    ///
    /// The decoder does not say what it keeps: what came in one slice with the end of another request counts from the
    /// next slice on.
    var began: NIODeadline?
    var partial: RequestStart?
    /// The body of ``partial`` as far as it is here.
    var partialBody: [UInt8] = []
    var partialLimit = 0
    /// Read since its head, framing and whatever follows included.
    var partialBytes = 0
    var queue = CircularBuffer<Item>()
    /// The request whose answer is not complete yet.
    var answering: CollectedRequest?
    var relayed: Answer?
    /// The client whose token request is being answered, and what that has used of its limits.
    var asking: TokenAsk?
    var output: ByteBuffer?
    /// Of the last answer, what comes after ``output``: shared with whoever made it, and no copy.
    var rest: ArraySlice<UInt8> = []
    var isFlushing = false

    var readTime = NIODeadline.now()
    var lingeredBytes = 0
    var isAdvancing = false
    var inputEnded = false
    var isQuiescing = false
    var isReadHeld = false
    /// Something has been read; until then a connection never stands in line.
    var hasRead = false
    var isInLine = false
    /// When it has begun to stand in line the last time.
    var joinedLine = NIODeadline.now()
    var isInRound = false
    /// As the channel tells it; asking that each time costs some references.
    var isWritable = true
    /// The last write is on its way.
    var isEnding = false

    init(loop: LoopState, listener: ListenerContext) {
        self.loop = loop
        self.listener = listener
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        peer = ClientAddress.peer(context.channel.remoteAddress)
        deadline.set(.idle, readTime + listener.bounds.idleTime)
        loop.add(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        loop.remove(self)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        loop.remove(self)
        queue.removeAll()
        rest = []
        abandonRelayed()
        context.fireChannelInactive()
    }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        askForMore(context)
    }

    /// More is asked for before what is here is answered: later, NIO would have told the kernel that nobody reads.
    func channelReadComplete(context: ChannelHandlerContext) {
        let canWait = mode == .open && !queue.isEmpty
        if !canWait { advance() }
        if self.context != nil { askForMore(context) }
        if canWait { joinRound() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        advance()
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            // Kept from Hummingbird, which would take it for the end of the answers too.
            inputEnded = true
            advance()
        case is ChannelShouldQuiesceEvent:
            quiesce(context)
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case HTTPParserError.headerOverflow:
            refuse(431, "the header section must be at most 32 KiB and 100 fields")
        case is HTTPParserError:
            refuse(400, "the request must be HTTP/1.1")
        default:
            context.close(promise: nil)
        }
    }

    /// Reading stops while enough stands in line or an answer cannot leave, so that a client waits instead of filling
    /// our memory.
    func read(context: ChannelHandlerContext) { askForMore(context) }

    private func askForMore(_ context: ChannelHandlerContext) {
        if holdsReading { isReadHeld = true } else { readInLine(context) }
    }

    var holdsReading: Bool {
        guard mode != .lingering else { return false }
        return mode == .refusing || queue.count >= listener.bounds.readAhead || !isWritable
    }

    /// Whether bytes that have been read are to be decoded now, or thrown away.
    var takesBytes: Bool { mode != .open || !isInLine && !holdsReading }
}
