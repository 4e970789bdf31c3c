import Primitives
import Testing

@Suite("SHA-256 and HMAC: FIPS 180-4, RFC 4231")
struct DigestTests {
    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func `SHA-256 of the standard's examples`(text: String, digest: String) {
        #expect(hex(SHA256.hash(Array(text.utf8)).bytes) == digest)
    }

    @Test
    func `SHA-256 of a million letters`() {
        let digest = SHA256.hash([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000))
        #expect(hex(digest.bytes) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test
    func `a beginning that was gone over before gives the same digest as the whole`() {
        let message = (0..<200).map { UInt8(truncatingIfNeeded: $0 * 7) }
        for count in [0, 1, 55, 56, 63, 64, 65, 128, 199, 200] {
            let beginning = SHA256Beginning(Array(message[..<count]))
            #expect(beginning.count == count)
            // Twice: it is not used up.
            for _ in 0..<2 {
                let digest = beginning.digest(followedBy: message.span.extracting(count..<200))
                #expect(digest == SHA256.hash(message))
            }
        }
    }

    @Test
    func `a digest keeps its bytes and differs in each of them`() throws {
        let bytes = SHA256.hash([1]).bytes
        let digest = try #require(SHA256Digest(bytes: bytes))
        #expect(digest.bytes == bytes)
        #expect(digest == SHA256.hash([1]))
        #expect(digest.withBytes { span in span.count == 32 && span[0] == bytes[0] && span[31] == bytes[31] })
        for index in bytes.indices {
            var other = bytes
            other[index] ^= 1
            #expect(SHA256Digest(bytes: other) != digest)
        }
        #expect(SHA256Digest(bytes: Array(bytes.dropLast())) == nil)
        #expect(SHA256Digest(bytes: bytes + [0]) == nil)
    }

    /// RFC 4231 §4.2 to §4.8, without the truncated one.
    @Test(arguments: [
        (
            [UInt8](repeating: 0x0B, count: 20), Array("Hi There".utf8),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xAA, count: 20), [UInt8](repeating: 0xDD, count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            Array(1...25), [UInt8](repeating: 0xCD, count: 50),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
        ),
        (
            [UInt8](repeating: 0xAA, count: 131),
            Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        (
            [UInt8](repeating: 0xAA, count: 131),
            Array(
                ("This is a test using a larger than block-size key and a larger than block-size data. "
                    + "The key needs to be hashed before being used by the HMAC algorithm.").utf8
            ),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
        ),
    ])
    func `HMAC-SHA-256 of the RFC's test cases`(key: [UInt8], data: [UInt8], tag: String) {
        let prepared = HMACSHA256(key: key)
        for _ in 0..<2 { #expect(hex(prepared.authenticate(data).bytes) == tag) }
    }

    @Test
    func `equality in constant time is equality`() {
        #expect(constantTimeEqual([], []))
        #expect(constantTimeEqual([1, 2, 3], [1, 2, 3]))
        #expect(!constantTimeEqual([1, 2, 3], [1, 2, 4]))
        #expect(!constantTimeEqual([0, 2, 3], [1, 2, 3]))
        #expect(!constantTimeEqual([1, 2, 3], [1, 2]))
        #expect(!constantTimeEqual([], [0]))
    }

    @Test(arguments: [
        ("", ""), (" \t\r\n", ""), ("key", "key"), ("key\r\n", "key"), (" a b\u{0}\n", " a b"), ("é", "é"),
    ])
    func `what echo and editors leave at the end goes away`(text: String, rest: String) {
        #expect(Array(text.utf8).withoutTrailingSpace == Array(rest.utf8))
    }

    @Test
    func `strings are compared as bytes`() {
        #expect("\u{E9}" == "e\u{301}" && "\u{212A}" == "K")
        #expect(!bytesEqual("\u{E9}", "e\u{301}") && !bytesEqual("\u{212A}", "K"))
        #expect(bytesEqual("e\u{301}", "e\u{301}"))
        #expect(ByteString("\u{E9}") != ByteString("e\u{301}"))
        #expect(Set([ByteString("\u{E9}"), ByteString("e\u{301}"), ByteString("\u{E9}")]).count == 2)
        #expect(ByteString("e\u{301}") < ByteString("\u{E9}") && ByteString("a") < ByteString("aa"))
    }
}
