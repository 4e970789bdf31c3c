package import NIOCore

/// How much and how long a connection may take; past them it is refused and closed.
package struct Bounds: Sendable {
    /// Bytes of the request target.
    package var requestTarget = 8 * 1024
    /// Bytes of all header fields together.
    package var headerBytes = 32 * 1024
    package var headerFields = 100
    /// How many times the limit of a body its chunks may take on the wire; one byte a chunk takes six times.
    package var framing = 8
    /// From a request's first byte to the end of its header section.
    package var headerTime = TimeAmount.seconds(10)
    /// From there to the end of its body.
    package var bodyTime = TimeAmount.seconds(10)
    /// Without a request, and for a client to take what was written.
    package var idleTime = TimeAmount.seconds(60)
    /// How long and how much is read and thrown away after a refusal, so that it arrives.
    package var lingerTime = TimeAmount.seconds(1)
    package var lingerBytes = 64 * 1024
    /// Complete requests ahead of the one being answered past which no more is read or decoded; the bytes decoded
    /// last may bring some more.
    package var readAhead = 8
    /// Bytes read at one time.
    package var readBytes = 8 * 1024
    /// Bytes read and not decoded, of a client that closes its half with so many requests unanswered or before it is its
    /// turn; past them it gets no answer.
    package var heldBytes = 256 * 1024
    /// Bytes of pipelined answers that are written in one piece.
    package var outputPiece = 16 * 1024
    /// Bytes of one body that are written in one piece; the next is made when the one before can leave.
    package var bodyPiece = 32 * 1024
    /// Bytes that the kernel has not taken: past the first number nothing is read or answered until they are fewer
    /// than the second.
    package var waitingOutput = (high: 32 * 1024, low: 8 * 1024)
    /// Bytes that the kernel takes and cannot send yet.
    package var unsentBytes = 128 * 1024
    /// Clients being looked up in the store at one time, for each event loop.
    package var loads = 256

    package init() {}
}
