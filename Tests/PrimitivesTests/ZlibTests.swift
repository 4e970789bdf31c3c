import Primitives
import Testing

@Suite("zlib: RFC 1950")
struct ZlibTests {
    /// The examples of draft-ietf-oauth-status-list §4.2: sixteen statuses of one bit, twelve of two.
    @Test(arguments: [
        ([0xB9, 0xA3] as [UInt8], "eNrbuRgAAhcBXQ"), ([0xC9, 0x44, 0xF9], "eNo76fITAAPfAgc"),
    ])
    func `the draft's examples are compressed as the draft has them`(bytes: [UInt8], text: String) throws {
        let compressed = try #require(Zlib.compress(bytes))
        #expect(Base64URL.encode(compressed) == Array(text.utf8))
        #expect(Zlib.decompress(compressed, limit: bytes.count) == bytes)
    }

    @Test(arguments: [0, 1, 100, 32_768, 1_000_000])
    func `what was compressed comes back`(count: Int) throws {
        let random = SystemRandom.bytes(count)
        let even = [UInt8](repeating: 0, count: count)
        for bytes in [random, even] {
            #expect(Zlib.decompress(try #require(Zlib.compress(bytes)), limit: count + 1) == bytes)
        }
        #expect(try #require(Zlib.compress(even)).count < count / 100 + 20)
    }

    @Test
    func `a stream that is longer than the limit, cut off or followed by something is refused`() throws {
        let bytes = [UInt8](repeating: 0, count: 1_000_000)
        let compressed = try #require(Zlib.compress(bytes))
        #expect(Zlib.decompress(compressed, limit: bytes.count - 1) == nil)
        #expect(Zlib.decompress(compressed, limit: 0) == nil)
        #expect(Zlib.decompress(compressed.dropLast(), limit: bytes.count) == nil)
        #expect(Zlib.decompress(compressed + [0], limit: bytes.count) == nil)
        #expect(Zlib.decompress([], limit: 10) == nil)
        var changed = compressed
        changed[changed.count - 1] ^= 1
        #expect(Zlib.decompress(changed, limit: bytes.count) == nil)
    }
}

extension Zlib {
    fileprivate static func decompress(_ bytes: ArraySlice<UInt8>, limit: Int) -> [UInt8]? {
        decompress(Array(bytes), limit: limit)
    }
}
