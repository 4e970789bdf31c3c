import JOSE
import Primitives
import Testing

@Suite("Sign and verify: RFC 7515 §5")
struct RoundTripTests {
    @Test(arguments: JWSAlgorithm.allCases)
    func `what a key signs, its published half accepts`(algorithm: JWSAlgorithm) throws {
        let key = try SigningKey.generate(algorithm)
        let context = try SigningContext(key)
        let set = try JWKSet(parsing: JWKSet([key.publicKey.jwk]).serialized)
        let published = VerificationKey(try #require(set[key.kid]))
        #expect(published.algorithm == algorithm)

        for count in [0, 1, 55, 56, 63, 64, 65, 1000] {
            let message = SystemRandom.bytes(count)
            let signature = try context.sign(message.span)
            #expect(published.verify(signature, over: message))
            #expect(key.publicKey.verify(signature, over: message))
            #expect(!published.verify(signature, over: message + [0]))
        }
    }

    @Test(arguments: JWSAlgorithm.allCases)
    func `a token is verified by the key that signed it and by no other`(algorithm: JWSAlgorithm) throws {
        let key = try SigningKey.generate(algorithm)
        let header = Array(#"{"alg":"\#(algorithm.rawValue)","typ":"at+jwt","kid":"\#(key.kid)"}"#.utf8)
        var token = CompactJWS.signingInput(header: header, payload: Array(#"{"sub":"a"}"#.utf8))
        try SigningContext(key).signAppending(&token)

        let verified = try CompactJWS(parsing: token).verified(by: key.publicKey)
        #expect(verified.payload == Array(#"{"sub":"a"}"#.utf8))
        #expect(verified.type == "at+jwt")
        #expect(verified.kid == key.kid)

        let other = try SigningKey.generate(algorithm)
        #expect(throws: JWSError.badSignature) {
            try CompactJWS(parsing: token).verified(by: other.publicKey)
        }
    }

    @Test(arguments: JWSAlgorithm.allCases)
    func `both ways to sign agree`(algorithm: JWSAlgorithm) throws {
        let key = try SigningKey.generate(algorithm)
        let context = try SigningContext(key)
        let message = Array("a.b".utf8)
        let signature = try context.sign(message.span)
        var token = message
        try context.signAppending(&token)

        #expect(token.starts(with: message + [UInt8(ascii: ".")]))
        let appended = try #require(Base64URL.decode(token.dropFirst(4)))
        #expect(key.publicKey.verify(signature, over: message))
        #expect(key.publicKey.verify(appended, over: message))
    }

    @Test(arguments: JWSAlgorithm.allCases)
    func `many threads verify with one key and sign with their own contexts`(
        algorithm: JWSAlgorithm
    ) async throws {
        let key = try SigningKey.generate(algorithm)
        let accepted = try await withThrowingTaskGroup(of: Int.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    let context = try SigningContext(key)
                    return try (0..<20).count { round in
                        let message = Array("\(worker).\(round)".utf8)
                        return key.publicKey.verify(try context.sign(message.span), over: message)
                    }
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(accepted == 160)
    }

    @Test
    func `a key shows its kid and nothing else`() throws {
        let key = try SigningKey.generate(.es256)
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), dumped] {
            #expect(text.contains(key.kid))
            // The PEM alone would be longer than this.
            #expect(text.utf8.count < 160)
        }
    }
}
