import Foundation
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

    @Test
    func `fifty thousand generated keys differ, parse, and use every character alike at every place`() {
        KeySample(50_000).expectChance()
    }
}

/// Only with TOKENBOOTH_SLOW_TESTS=1: half a minute without optimization.
@Suite(
    "Slow: chance in API keys",
    .enabled(if: ProcessInfo.processInfo.environment["TOKENBOOTH_SLOW_TESTS"] == "1")
)
struct SlowAPIKeyTests {
    // threats: AUT-10
    @Test
    func `a million generated keys differ, parse, and use every character alike at every place`() {
        KeySample(1_000_000).expectChance()
    }
}

/// Many generated keys, and how often each character stands at each of the places that are left to chance.
private struct KeySample {
    static let places = 4..<34

    let size: Int
    var different: Set<[UInt8]>
    var counts = [[Int]](repeating: [Int](repeating: 0, count: 128), count: places.count)
    var malformed = 0

    init(_ size: Int) {
        self.size = size
        different = Set(minimumCapacity: size)
        for _ in 0..<size {
            let secret = APIKey.generate().secret
            if APIKey(parsing: secret) == nil { malformed += 1 }
            different.insert(secret)
            for place in Self.places { counts[place - Self.places.lowerBound][Int(secret[place])] += 1 }
        }
    }

    func expectChance() {
        #expect(malformed == 0)
        #expect(different.count == size)
        // χ² with 61 degrees of freedom: by chance one of 30 places is over 140 once in a million runs.
        let expected = Double(size) / Double(Base62.digits.count)
        for (place, counts) in zip(Self.places, counts) {
            let deviation = Base62.digits.reduce(0.0) { sum, digit in
                let difference = Double(counts[Int(digit)]) - expected
                return sum + difference * difference / expected
            }
            #expect(deviation < 140, "at place \(place)")
        }
    }
}
