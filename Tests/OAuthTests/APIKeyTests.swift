import OAuth
import Primitives
import Testing

@Suite("API keys: form, checksum and chance")
struct APIKeyTests {
    @Test(arguments: [
        "tbk_0123456789ABCDEFGHIJabcdefghij3pQYh7", "tbk_0000000000000000000000000000001Wgklh",
    ])
    func `the documented examples are well-formed`(text: String) {
        #expect(APIKey(parsing: Array(text.utf8)) != nil)
    }

    @Test(arguments: [
        "tbk_0123456789ABCDEFGHIJabcdefghij3pQYh8", "tbk_0123456789ABCDEFGHIJabcdefghij3pQYh",
        "tbk_0123456789ABCDEFGHIJabcdefghij3pQYh77", "TBK_0123456789ABCDEFGHIJabcdefghij3pQYh7",
        "tbk_0123456789ABCDEFGHIJabcdefghi-3pQYh7", "tbk_0123456789ABCDEFGHIJabcdefghik3pQYh7", "",
    ])
    func `any other spelling is none`(text: String) {
        #expect(APIKey(parsing: Array(text.utf8)) == nil)
    }

    @Test
    func `nothing prints the secret`() {
        let key = APIKey.generate()
        let secret = String(decoding: key.secret, as: UTF8.self)
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), dumped, "\([key])", "\(Optional(key) as Any)"] {
            #expect(!text.contains(secret))
        }
        #expect(key.hint.count == 13)
    }

    // threats: AUT-10
    @Test
    func `fifty thousand generated keys differ, parse, and use every character alike`() {
        var seen: Set<[UInt8]> = []
        var counts = [Int](repeating: 0, count: 128)
        let rounds = 50_000
        for _ in 0..<rounds {
            let key = APIKey.generate()
            #expect(APIKey(parsing: key.secret) != nil)
            seen.insert(key.secret)
            for byte in key.secret[4..<34] { counts[Int(byte)] += 1 }
        }
        #expect(seen.count == rounds)
        // χ² with 61 degrees of freedom: over 120 happens once in 100 000 times by chance.
        let expected = Double(rounds * 30) / 62
        let deviation = Base62.digits.reduce(0.0) { sum, digit in
            sum + (Double(counts[Int(digit)]) - expected) * (Double(counts[Int(digit)]) - expected) / expected
        }
        #expect(deviation < 120)
    }
}
