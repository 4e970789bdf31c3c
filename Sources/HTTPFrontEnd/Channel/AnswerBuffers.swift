package import NIOCore

/// The memory that answers are sent from, used again when they have gone.
///
/// A block of more than a kilobyte has malloc look at all small blocks that were free, and put them at the end of their
/// lines: every allocation would take the one that has lain there for longest, which no cache holds any more.
package struct AnswerBuffers {
    /// As many as one round has answers; each is free again when the next one begins.
    package static let count = 32
    /// A token's answer is 900 bytes to 1 200.
    package static let capacity = 2048

    private var buffers: [ByteBuffer] = []
    private var next = 0

    package init() {}

    /// Writes an answer into one that nobody sends from any more, or into a new one.
    ///
    /// - Parameter length: Of all that `body` writes. What is longer than ``capacity`` gets memory of its own.
    package mutating func write(_ length: Int, _ body: (inout ByteBuffer) -> Void) -> ByteBuffer {
        guard length <= Self.capacity else {
            var buffer = ByteBufferAllocator().buffer(capacity: length)
            body(&buffer)
            return buffer
        }
        if next == buffers.count { buffers.append(ByteBuffer()) }
        // Written in place: what two refer to is copied by whoever writes.
        buffers[next].clear(minimumCapacity: Self.capacity)
        body(&buffers[next])
        defer { next = (next + 1) % Self.count }
        return buffers[next]
    }
}
