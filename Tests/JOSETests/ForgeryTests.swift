import JOSE
import Primitives
import Testing

@Suite("Forged and altered signatures: RFC 7515 §5.2, RFC 7518 §3")
struct ForgeryTests {
    private static let order: [UInt8] = [
        0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
    ]
    private static let prime: [UInt8] =
        [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 1] + [UInt8](repeating: 0, count: 12)
        + [UInt8](repeating: 0xFF, count: 12)
    private static let one = [UInt8](repeating: 0, count: 31) + [1]

    /// `a` − `b` modulo 2^256.
    private func difference(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] {
        var result = a
        var borrow = 0
        for index in a.indices.reversed() {
            let digit = Int(a[index]) - Int(b[index]) - borrow
            borrow = digit < 0 ? 1 : 0
            result[index] = UInt8(truncatingIfNeeded: digit)
        }
        return result
    }

    // threats: JWT-20
    @Test(arguments: JWSAlgorithm.allCases)
    func `no token with one bit flipped and no truncated token is accepted`(algorithm: JWSAlgorithm) throws {
        let key = try SigningKey.generate(algorithm)
        let good = try token(
            header: #"{"alg":"\#(algorithm.rawValue)"}"#,
            payload: #"{"a":1}"#,
            signedBy: key
        )
        func isAccepted(_ bytes: [UInt8]) -> Bool {
            (try? CompactJWS(parsing: bytes).verified(by: key.publicKey)) != nil
        }
        #expect(isAccepted(good))
        var accepted = 0
        for index in good.indices {
            for bit in 0..<8 {
                var other = good
                other[index] ^= 1 << bit
                if isAccepted(other) { accepted += 1 }
            }
            if isAccepted(Array(good[..<index])) { accepted += 1 }
        }
        #expect(accepted == 0)
        #expect(!isAccepted(good + good) && !isAccepted(good + [UInt8(ascii: ".")] + good))
    }

    // threats: JWT-20
    @Test(arguments: JWSAlgorithm.allCases)
    func `segments of two good tokens do not mix`(algorithm: JWSAlgorithm) throws {
        let key = try SigningKey.generate(algorithm)
        let dot = UInt8(ascii: ".")
        let tokens = try [("1", "a"), ("2", "b")].map { kid, subject in
            let header = #"{"alg":"\#(algorithm.rawValue)","kid":"\#(kid)"}"#
            return try token(header: header, payload: #"{"sub":"\#(subject)"}"#, signedBy: key).split(
                separator: dot
            )
        }
        for choice in 0..<8 {
            let parts = (0..<3).map { tokens[choice >> $0 & 1][$0] }
            let jws = try CompactJWS(parsing: Array(parts.joined(separator: [dot])))
            #expect(((try? jws.verified(by: key.publicKey)) != nil) == (choice == 0 || choice == 7))
        }
    }

    // threats: JWT-11
    @Test
    func `r and s outside the group, and their edges, are refused`() throws {
        let key = try SigningKey.generate(.es256).publicKey
        let message = Array("a.b".utf8)
        let zero = [UInt8](repeating: 0, count: 32)
        let beyond = Self.order.dropLast() + [0x52]
        let edges = [
            zero, Self.one, difference(Self.order, Self.one), Self.order, Array(beyond), Self.prime,
            difference(Self.prime, Self.one), [UInt8](repeating: 0xFF, count: 32),
        ]
        for r in edges {
            for s in edges { #expect(!key.verify(r + s, over: message)) }
        }
    }

    // threats: JWT-11
    @Test
    func `an ES256 signature has 64 bytes, and neither DER nor zeros help`() throws {
        let key = try SigningKey.generate(.es256)
        let message = Array("a.b".utf8)
        let good = try SigningContext(key).sign(message.span)
        let (r, s) = (Array(good[..<32]), Array(good[32...]))
        func integer(_ digits: [UInt8]) -> [UInt8] {
            let digits = digits[0] >= 0x80 ? [0] + digits : digits
            return [2, UInt8(digits.count)] + digits
        }
        let body = integer(r) + integer(s)
        for other in [
            [], [0], Array(good.dropLast()), Array(good.dropFirst()), good + [0], [0] + good,
            [0] + r + [0] + s, s + r,
            [0x30, UInt8(body.count)] + body, zeros(64), zeros(32), zeros(65), good + good,
        ] {
            #expect(!key.publicKey.verify(other, over: message))
        }
        #expect(key.publicKey.verify(good, over: message))
    }

    // threats: JWT-12
    @Test
    func `the twin of an ES256 signature verifies, so tokens must not be told apart by their bytes`() throws {
        let key = try SigningKey.generate(.es256)
        let message = Array("a.b".utf8)
        let good = try SigningContext(key).sign(message.span)
        let twin = good[..<32] + difference(Self.order, Array(good[32...]))
        #expect(Array(twin) != good)
        #expect(key.publicKey.verify(Array(twin), over: message))
    }

    // threats: JWT-11
    @Test
    func `short numbers keep their 32 bytes`() throws {
        let key = try SigningKey.generate(.es256)
        let context = try SigningContext(key)
        // One signature in 128 has a leading zero byte in r or in s: about 16 among these.
        var withZero = 0
        for round in 0..<2000 {
            let message = Array("a.\(round)".utf8)
            let signature = try context.sign(message.span)
            guard signature[0] == 0 || signature[32] == 0 else { continue }
            withZero += 1
            #expect(signature.count == 64)
            #expect(key.publicKey.verify(signature, over: message))
        }
        #expect(withZero > 0)
    }

    // threats: JWT-13
    @Test(arguments: [JWSAlgorithm.rs256, .ps256, .eddsa])
    func `a signature of another length is refused`(algorithm: JWSAlgorithm) throws {
        let key = try SigningKey.generate(algorithm)
        let message = Array("a.b".utf8)
        let good = try SigningContext(key).sign(message.span)
        for other in [
            [], Array(good.dropLast()), Array(good.dropFirst()), good + [0], [0] + good, zeros(good.count),
            [UInt8](repeating: 0xFF, count: good.count), good + good,
        ] {
            #expect(!key.publicKey.verify(other, over: message))
        }
    }

    private func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
}
