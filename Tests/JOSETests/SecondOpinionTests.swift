import Foundation
import JOSE
import Primitives
import Testing

@Suite("The OpenSSL command line agrees")
struct SecondOpinionTests {
    private static let pss =
        "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -sigopt rsa_mgf1_md:sha256"
    private let message = Array("header.payload".utf8)

    /// r ‖ s to DER and back, with Foundation's help only: not the code under test.
    private func der(_ signature: [UInt8]) -> [UInt8] {
        let integers = [signature[..<32], signature[32...]].flatMap { half in
            let digits = Array(half.drop { $0 == 0 })
            let padded = digits.first.map { $0 >= 0x80 } ?? true ? [0] + digits : digits
            return [2, UInt8(padded.count)] + padded
        }
        return [0x30, UInt8(integers.count)] + integers
    }

    private func p1363(_ der: [UInt8]) -> [UInt8] {
        let rEnd = 4 + Int(der[3])
        return [der[4..<rEnd], der[(rEnd + 2)...]].flatMap { integer in
            let digits = Array(integer.drop { $0 == 0 })
            return [UInt8](repeating: 0, count: 32 - digits.count) + digits
        }
    }

    private func options(_ algorithm: JWSAlgorithm) -> String { algorithm == .ps256 ? Self.pss : "" }

    @Test(arguments: JWSAlgorithm.allCases)
    func `it verifies what we sign, and refuses what we did not`(algorithm: JWSAlgorithm) throws {
        let openssl = try OpenSSL()
        defer { openssl.remove() }
        let key = try SigningKey.generate(algorithm)
        let signature = try SigningContext(key).sign(message.span)
        try openssl.write(message, to: "m")
        try openssl.write(key.publicKey.pem, to: "pub")
        try openssl.write(algorithm == .es256 ? der(signature) : signature, to: "s")
        let command =
            algorithm == .eddsa
            ? "pkeyutl -verify -pubin -inkey pub -rawin -in m -sigfile s"
            : "dgst -sha256 -verify pub \(options(algorithm)) -signature s m"
        try openssl.run(command)
        try openssl.write(message + [0], to: "m")
        #expect(throws: OpenSSL.Failure.self) { try openssl.run(command) }
    }

    @Test(arguments: JWSAlgorithm.allCases)
    func `we verify what it signs with a key that it made`(algorithm: JWSAlgorithm) throws {
        let openssl = try OpenSSL()
        defer { openssl.remove() }
        let make =
            switch algorithm {
            case .es256: "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out k"
            case .eddsa: "genpkey -algorithm ED25519 -out k"
            case .rs256, .ps256: "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out k"
            }
        try openssl.run(make)
        try openssl.write(message, to: "m")
        try openssl.run(
            algorithm == .eddsa
                ? "pkeyutl -sign -inkey k -rawin -in m -out s"
                : "dgst -sha256 -sign k \(options(algorithm)) -out s m"
        )
        let key = try SigningKey(pem: openssl.read("k"), algorithm: algorithm).publicKey
        let signed = try openssl.read("s")
        let signature = algorithm == .es256 ? p1363(signed) : signed
        #expect(key.verify(signature, over: message))
        #expect(!key.verify(signature, over: message + [0]))
    }

    // threats: JWT-13
    @Test(arguments: [
        "-sha1", "-sha384", "-sha512", "-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:0",
        "-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:20",
        "-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:33",
        "-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:max",
        "-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -sigopt rsa_mgf1_md:sha1",
        "-sha512 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32",
        "-sha256 -sigopt rsa_padding_mode:x931",
    ])
    func `another hash, salt or padding is refused by RS256 and PS256 alike`(options: String) throws {
        let openssl = try OpenSSL()
        defer { openssl.remove() }
        let rs256 = try SigningKey.generate(.rs256)
        let ps256 = try SigningKey(pem: rs256.pem, algorithm: .ps256)
        try openssl.write(rs256.pem, to: "k")
        try openssl.write(message, to: "m")
        try openssl.run("dgst \(options) -sign k -out s m")
        let signature = try openssl.read("s")
        #expect(!rs256.publicKey.verify(signature, over: message))
        #expect(!ps256.publicKey.verify(signature, over: message))
    }
}
