import AuthorizationServer
import Testing

@Suite("Allowed addresses against a bitwise oracle")
struct AddressOracleTests {
    /// An address as its bits, one character each: IPv4 has 32, IPv6 has 128.
    private struct Case {
        var range: [Character]
        var length: Int
        var peer: [Character]

        /// Text against text, one bit after the other.
        var matches: Bool { range.count == peer.count && range.prefix(length) == peer.prefix(length) }

        init(_ random: inout some RandomNumberGenerator) {
            let width = Bool.random(using: &random) ? 32 : 128
            length = Int.random(in: 0...width, using: &random)
            range = Self.bits(width, &random)
            for index in length..<width { range[index] = "0" }
            peer = range
            switch Int.random(in: 0..<4, using: &random) {
            case 0:  // Anything at all, of either kind.
                peer = Self.bits(Bool.random(using: &random) ? 32 : 128, &random)
            case 1:  // Within the range.
                for index in length..<width { peer[index] = Self.bit(&random) }
            case 2:  // Differs in one bit, often the last that counts.
                let index =
                    Bool.random(using: &random)
                    ? max(length - 1, 0) : Int.random(in: 0..<width, using: &random)
                peer[index] = peer[index] == "0" ? "1" : "0"
            default: break
            }
        }

        private static func bit(_ random: inout some RandomNumberGenerator) -> Character {
            Bool.random(using: &random) ? "1" : "0"
        }

        private static func bits(_ width: Int, _ random: inout some RandomNumberGenerator) -> [Character] {
            // Long runs of zeros, as real addresses have them.
            let sparse = Bool.random(using: &random)
            return (0..<width).map { _ in
                sparse && Int.random(in: 0..<8, using: &random) > 0 ? "0" : bit(&random)
            }
        }
    }

    /// The usual way to write these bits, without any abbreviation.
    private func text(_ bits: [Character]) -> String {
        let width = bits.count == 32 ? 8 : 16
        let parts = stride(from: 0, to: bits.count, by: width).map { start in
            Int(String(bits[start..<start + width]), radix: 2) ?? -1
        }
        return bits.count == 32
            ? parts.map { String($0) }.joined(separator: ".")
            : parts.map { String($0, radix: 16) }.joined(separator: ":")
    }

    private func isMapped(_ bits: [Character]) -> Bool {
        bits.count == 128 && bits.prefix(80).allSatisfy { $0 == "0" }
            && bits[80..<96].allSatisfy { $0 == "1" }
    }

    @Test
    func `two hundred thousand random pairs are judged as bit by bit`() throws {
        var random = Seeded(state: 0x5EED)
        var matched = 0
        for number in 0..<200_000 {
            let pair = Case(&random)
            guard !isMapped(pair.range), !isMapped(pair.peer) else { continue }
            let rule = "\(text(pair.range))/\(pair.length)"
            let list = try AddressList(parsing: [rule])
            let peer = try #require(IPAddress(parsing: Array(text(pair.peer).utf8)))
            if pair.matches { matched += 1 }
            guard list.allows(peer) == pair.matches else {
                Issue.record("case \(number): \(rule) and \(text(pair.peer)): should be \(pair.matches)")
                return
            }
        }
        #expect(matched > 50_000, "too few matches to mean anything")
    }
}

/// SplitMix64: the same cases every time.
private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
