import JOSE
import Primitives
import TestSupport
import Testing
import TokenVerifier

@Suite("Tokens that everybody can make: RFC 8725 §2.1, §3.1")
struct UnsignedTests {
    /// Tokens that say the same as a good one, which is accepted before and after.
    private func check(
        _ algorithm: JWSAlgorithm,
        _ make: (UnsignedTokens, Workshop, String) -> [UnsignedTokens.Named],
        _ expect: (String, TokenRefusal?) -> Void
    ) async throws {
        let workshop = try Workshop(algorithm)
        let verifier = try await workshop.verifier()
        let good = try workshop.token()
        let kid = workshop.key.kid
        let unsigned = UnsignedTokens(claims: workshop.claims()) { algorithm in
            let alg = algorithm.map { "\"alg\":\($0)," } ?? ""
            return #"{\#(alg)"typ":"at+jwt","kid":"\#(kid)"}"#
        }
        #expect(await refusal(good, by: verifier) == nil)
        let signature = try #require(good.split(separator: ".").last)
        let forged = make(unsigned, workshop, String(signature))
        try #require(!forged.isEmpty)
        for (name, token) in forged {
            expect(name, await refusal(String(decoding: token, as: UTF8.self), by: verifier))
        }
        #expect(await refusal(good, by: verifier) == nil)
    }

    // threats: JWT-01
    @Test(arguments: JWSAlgorithm.allCases)
    func `no spelling of none is a signature, with one or without`(algorithm: JWSAlgorithm) async throws {
        try await check(algorithm) { unsigned, _, signature in
            unsigned.withoutSignature(or: signature)
        } _: { name, refusal in
            #expect(isMalformed(refusal), "\(name): \(String(describing: refusal))")
        }
    }

    // threats: JWT-02
    @Test(arguments: JWSAlgorithm.allCases)
    func `a MAC under the public key is no signature, however the key is spelled`(
        algorithm: JWSAlgorithm
    ) async throws {
        try await check(algorithm) { unsigned, workshop, _ in
            unsigned.withMAC(under: workshop.key.publicKey)
        } _: { name, refusal in
            let isNamedSo = name.hasSuffix("as \(algorithm.rawValue)")
            #expect(isNamedSo ? refusal == .badSignature : isMalformed(refusal), "\(name)")
        }
    }

    /// RFC 4231 §4.3: that the MACs above are what they are called.
    @Test(
        arguments: zip(
            MAC.allCases,
            [
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
                "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
            ]
        )
    )
    func `the MACs are those of the RFC`(mac: MAC, expected: String) {
        let tag = mac.tag(Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8))
        #expect(tag == Hexadecimal.decode(expected))
    }
}
