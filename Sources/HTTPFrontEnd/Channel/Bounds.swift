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
    /// Complete requests read ahead of the one being answered.
    package var readAhead = 8
    /// Clients being looked up in the store at one time, for each event loop.
    package var loads = 256

    package init() {}
}
