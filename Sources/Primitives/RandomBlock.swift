/// Random bytes drawn 4096 at a time and handed out in pieces, for one owner at a time.
///
/// Each byte is given once and then zeroed, so that memory read later holds no token of the past. It cannot
/// be copied: a copy would hand out the same bytes again.
package struct RandomBlock: ~Copyable {
    private static let size = 4096
    private var block: [UInt8] = []
    private var position = 0

    package init() {}

    /// Appends `count` random bytes as base64url, without an array in between.
    package mutating func append(_ count: Int, base64URLTo output: inout [UInt8]) {
        guard count > 0 else { return }
        guard count <= Self.size else { return Base64URL.append(SystemRandom.bytes(count), to: &output) }
        let range = take(count)
        Base64URL.append(block.span.extracting(range), to: &output)
        wipe(range)
    }

    private mutating func take(_ count: Int) -> Range<Int> {
        if block.count - position < count {
            block = SystemRandom.bytes(Self.size)
            position = 0
        }
        defer { position += count }
        return position..<position + count
    }

    private mutating func wipe(_ range: Range<Int>) {
        var bytes = block.mutableSpan
        for index in range { bytes[index] = 0 }
    }
}
