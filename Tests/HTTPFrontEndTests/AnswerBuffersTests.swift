import HTTPFrontEnd
import NIOCore
import Testing

@Suite("The memory that answers are sent from")
struct AnswerBuffersTests {
    private var buffers = AnswerBuffers()

    /// Where its first byte lies.
    private static func place(of buffer: ByteBuffer) -> UInt {
        unsafe buffer.withUnsafeReadableBytes { bytes in UInt(bitPattern: bytes.baseAddress) }
    }

    @Test
    mutating func `what has gone is written over`() {
        let first = Self.place(of: buffers.write(5) { $0.writeString("first") })
        for number in 1..<AnswerBuffers.count { _ = buffers.write(4) { $0.writeInteger(UInt32(number)) } }
        let again = buffers.write(5) { $0.writeString("again") }
        #expect(Self.place(of: again) == first)
        #expect(String(buffer: again) == "again")
    }

    @Test
    mutating func `what waits for a slow client is not written over`() {
        let waiting = (0..<3 * AnswerBuffers.count).map { number in
            buffers.write(8) { $0.writeInteger(UInt64(number)) }
        }
        #expect(
            waiting.map { $0.getInteger(at: 0, as: UInt64.self) } == (0..<UInt64(waiting.count)).map { $0 }
        )
    }

    @Test
    mutating func `what is written behind an answer that waits is in no other answer`() {
        var waiting = buffers.write(5) { $0.writeString("first") }
        waiting.writeString(", second")
        for _ in 0..<AnswerBuffers.count { _ = buffers.write(5) { $0.writeString("other") } }
        #expect(String(buffer: waiting) == "first, second")
    }

    @Test(arguments: [0, AnswerBuffers.capacity, AnswerBuffers.capacity + 1, 100_000])
    mutating func `an answer may have any length`(length: Int) {
        let buffer = buffers.write(length) { $0.writeRepeatingByte(7, count: length) }
        #expect(buffer.readableBytesView.elementsEqual(repeatElement(7, count: length)))
    }
}
