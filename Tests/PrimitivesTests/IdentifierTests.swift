import Primitives
import Testing

@Suite("Checksums and alphabets: the identifiers of the wire contract, §1")
struct IdentifierTests {
    @Test(arguments: [
        (body: "tbk_0123456789ABCDEFGHIJabcdefghij", checksum: "3pQYh7"),
        (body: "tbk_" + String(repeating: "0", count: 30), checksum: "1Wgklh"),
    ])
    func `the last six characters of an API key are the CRC-32 of those before`(
        body: String,
        checksum: String
    ) {
        #expect(String(decoding: Base62.encode(crc32(Array(body.utf8)), width: 6), as: UTF8.self) == checksum)
    }

    @Test
    func `the CRC-32 is that of zlib`() {
        #expect(crc32(Array("tbk_0123456789ABCDEFGHIJabcdefghij".utf8)) == 0xD11C_BCF9)
        #expect(crc32(Array("123456789".utf8)) == 0xCBF4_3926)
        #expect(crc32([]) == 0)
    }

    @Test
    func `six digits hold every 32-bit number`() {
        #expect(Base62.encode(0, width: 6) == Array("000000".utf8))
        #expect(Base62.encode(61, width: 1) == Array("z".utf8))
        #expect(
            Base62.encode(.max, width: 6).reduce(0) { sum, digit in
                sum * 62 + (Base62.digits.firstIndex(of: digit) ?? 0)
            } == UInt32.max
        )
    }

    @Test
    func `random digits use the whole alphabet and nothing else`() {
        let digits = Base62.random(62 * 400)
        #expect(digits.count == 62 * 400)
        let counts = Dictionary(digits.map { ($0, 1) }, uniquingKeysWith: +)
        #expect(Set(counts.keys) == Set(Base62.digits))
        // 400 expected, standard deviation 20: a biased remainder would give the first two digits 500 of 24 800.
        #expect(counts.values.allSatisfy { (280...520).contains($0) })
        #expect(Base62.random(0).isEmpty)
    }
}
