import JOSE
import KeyWitness
import Testing

@Suite("The witness of a signing key")
struct KeyWitnessTests {
    @Test(arguments: [
        (JWSAlgorithm.es256, Witness.libjwt), (.rs256, .libjwt), (.eddsa, .libcrypto), (.ps256, .libcrypto),
    ])
    func `a sound key is accepted, and the witness is named`(algorithm: JWSAlgorithm, witness: Witness) throws {
        let key = try SigningKey.generate(algorithm)
        let context = try SigningContext(key)
        #expect(try KeyWitness.examine(key) { message in try context.sign(message.span) } == witness)
    }

    @Test(arguments: JWSAlgorithm.allCases)
    func `a signer that flips one bit is refused`(algorithm: JWSAlgorithm) throws {
        let key = try SigningKey.generate(algorithm)
        let context = try SigningContext(key)
        let probe: [UInt8] = [0]
        let length = try context.sign(probe.span).count
        for index in [0, length / 2 - 1, length / 2, length - 1] {
            for bit in 0..<8 {
                #expect(throws: WitnessRefusal.refused(by: Witness(for: algorithm), kid: key.kid)) {
                    try KeyWitness.examine(key) { message in
                        var signature = try context.sign(message.span)
                        signature[index] ^= 1 << bit
                        return signature
                    }
                }
            }
        }
    }

    @Test(arguments: JWSAlgorithm.allCases)
    func `a signer with another key is refused`(algorithm: JWSAlgorithm) throws {
        let key = try SigningKey.generate(algorithm)
        let other = try SigningContext(SigningKey.generate(algorithm))
        #expect(throws: WitnessRefusal.refused(by: Witness(for: algorithm), kid: key.kid)) {
            try KeyWitness.examine(key) { message in try other.sign(message.span) }
        }
    }

    @Test(arguments: JWSAlgorithm.allCases)
    func `a signer that signs another message, nothing, or too much is refused`(algorithm: JWSAlgorithm) throws {
        let key = try SigningKey.generate(algorithm)
        let context = try SigningContext(key)
        let signers: [([UInt8]) throws -> [UInt8]] = [
            { message in try context.sign((message + [0]).span) },
            { _ in [] },
            { message in try context.sign(message.span) + [0] },
            { message in try context.sign(message.span).dropLast() },
            { _ in [UInt8](repeating: 0, count: 64) },
            { _ in [UInt8](repeating: 0, count: 100_000) },
        ]
        for signer in signers {
            #expect(throws: WitnessRefusal.refused(by: Witness(for: algorithm), kid: key.kid)) {
                try KeyWitness.examine(key, signer: signer)
            }
        }
    }

    @Test
    func `a signer that throws is refused`() throws {
        struct Broken: Error {}
        let key = try SigningKey.generate(.es256)
        #expect(throws: WitnessRefusal.signerFailed(kid: key.kid)) {
            try KeyWitness.examine(key) { _ in throw Broken() }
        }
    }
}
