import OAuth
import Primitives
import Testing

@Suite("Refresh token")
struct RefreshTokenTests {
    private let token = RefreshToken(
        family: FamilyID(ULID(high: 0x0123_4567_89AB_CDEF, low: 0xFEDC_BA98_7654_3210)),
        generation: 0x0102_0304,
        tag: Array(200..<222)
    )

    @Test
    func `a token reads back as it was written, in sixty characters`() throws {
        let text = token.secret
        #expect(text.count == 60 && text.starts(with: Array("tbr_".utf8)))
        #expect(RefreshToken(parsing: text) == token)
    }

    // threats: REF-15
    @Test
    func `there is one spelling only`() {
        let text = token.secret
        for index in text.indices {
            for byte in UInt8.min...UInt8.max where byte != text[index] {
                var other = text
                other[index] = byte
                // Another well-formed token, or none: never the same.
                #expect(RefreshToken(parsing: other) != token)
            }
        }
        let mangled = [
            text + [0x0A], [0x20] + text, text + Array("=".utf8), text + Array("==".utf8),
            Array(text.dropLast()),
            Array(text.dropFirst()), text + text,
            Array(String(decoding: text, as: UTF8.self).uppercased().utf8),
            Array("tbk_".utf8) + text.dropFirst(4), [],
        ]
        for text in mangled { #expect(RefreshToken(parsing: text) == nil) }
    }

    // threats: LOG-02
    @Test
    func `it does not print`() {
        let secret = String(decoding: token.secret, as: UTF8.self)
        for text in ["\(token)", String(reflecting: token), String(describing: [token])] {
            #expect(!text.contains(secret.dropFirst(8)) && text.contains("redacted"))
        }
        #expect(RefreshToken.mayOccur(in: Array("x \(secret)".utf8)))
        #expect(!RefreshToken.mayOccur(in: Array("tbk_ tb r_".utf8)))
    }
}
