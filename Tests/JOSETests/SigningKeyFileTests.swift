import Foundation
import JOSE
import Primitives
import Testing

@Suite("Private key files: RFC 5958, RFC 7468")
struct SigningKeyFileTests {
    private let openssl: OpenSSL

    init() throws { openssl = try OpenSSL() }

    private func refusal(_ pem: [UInt8], algorithm: JWSAlgorithm? = nil) -> KeyError? {
        do throws(KeyError) {
            _ = try SigningKey(pem: pem, algorithm: algorithm)
            return nil
        } catch { return error }
    }

    /// What the command writes to `k`.
    private func made(_ command: String) throws -> [UInt8] {
        try openssl.run(command)
        return try openssl.read("k")
    }

    @Test(arguments: JWSAlgorithm.allCases)
    func `a key that was written is read again`(algorithm: JWSAlgorithm) throws {
        let key = try SigningKey.generate(algorithm)
        let again = try SigningKey(pem: key.pem, algorithm: algorithm)
        #expect(again.pem == key.pem && again.kid == key.kid && again.algorithm == algorithm)
        #expect(key.pem.starts(with: "-----BEGIN PRIVATE KEY-----\n".utf8))
        #expect(try SigningKey(pem: Array(key.pem.dropLast()), algorithm: nil).kid == key.kid)
    }

    @Test
    func `keys that OpenSSL writes are read, in PKCS#8, SEC1 and PKCS#1`() throws {
        defer { openssl.remove() }
        let cases: [(String, JWSAlgorithm)] = [
            ("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out k", .es256),
            ("ecparam -genkey -name prime256v1 -out k", .es256),
            ("ecparam -genkey -noout -name prime256v1 -out k", .es256),
            ("genpkey -algorithm ED25519 -out k", .eddsa),
            ("genrsa -out k 2048", .rs256),
            ("genrsa -traditional -out k 3072", .rs256),
        ]
        for (command, algorithm) in cases {
            let key = try SigningKey(pem: made(command), algorithm: nil)
            #expect(key.algorithm == algorithm)
            let message = Array("a.b".utf8)
            let signature = try SigningContext(key).sign(message.span)
            #expect(key.publicKey.verify(signature, over: message))
        }
        #expect(try SigningKey(pem: openssl.read("k"), algorithm: .ps256).algorithm == .ps256)
    }

    // threats: KEY-02
    @Test(arguments: JWSAlgorithm.allCases)
    func `a file truncated anywhere is refused`(algorithm: JWSAlgorithm) throws {
        let pem = try SigningKey.generate(algorithm).pem
        // Without its last line end the file is still whole.
        for count in 0..<pem.count - 1 {
            let expected: [KeyError?] = count == 0 ? [.empty] : [.truncated, .notPEM]
            #expect(expected.contains(refusal(Array(pem[..<count]))))
        }
    }

    // threats: KEY-02
    @Test
    func `a file with bytes missing inside is refused`() throws {
        let lines = try SigningKey.generate(.es256).pem.split(separator: UInt8(ascii: "\n"))
        for index in 1..<lines.count - 1 {
            var fewer = lines
            fewer.remove(at: index)
            #expect(refusal(Array(fewer.joined(separator: [0x0A]))) == .unreadable)
        }
    }

    // threats: KEY-02
    @Test
    func `an empty file, a byte order mark, CRLF and anything that is no PEM are refused by name`() throws {
        let pem = try SigningKey.generate(.es256).pem
        let text = String(decoding: pem, as: UTF8.self)
        #expect(refusal([]) == .empty)
        #expect(refusal(Array(" \n\t\n".utf8)) == .empty)
        #expect(refusal([0xEF, 0xBB, 0xBF] + pem) == .byteOrderMark)
        #expect(refusal([0xFF, 0xFE] + pem.flatMap { [$0, 0] }) == .byteOrderMark)
        #expect(refusal(Array(text.replacing("\n", with: "\r\n").utf8)) == .carriageReturns)
        #expect(refusal(Array("hello".utf8)) == .notPEM)
        #expect(refusal([0x30, 0x81, 0x87, 0x02]) == .notPEM)
        #expect(refusal([UInt8](repeating: 0, count: 1000)) == .empty)
        #expect(refusal(Array(text.replacing("-----", with: "----").utf8)) == .notPEM)
        #expect(refusal(Array(text.replacing("END PRIVATE", with: "END EC PRIVATE").utf8)) == .truncated)
    }

    // threats: KEY-02
    @Test
    func `two keys in one file are refused, also a key with its public half`() throws {
        let key = try SigningKey.generate(.es256)
        let other = try SigningKey.generate(.eddsa)
        #expect(refusal(key.pem + key.pem) == .severalKeys)
        #expect(refusal(key.pem + other.pem) == .severalKeys)
        #expect(refusal(key.pem + key.publicKey.pem) == .severalKeys)
        #expect(refusal(key.publicKey.pem + key.pem) == .severalKeys)
        #expect(refusal(key.pem + Array("-----BEGIN PRIVATE KEY-----\n".utf8)) == .severalKeys)
    }

    // threats: KEY-02
    @Test
    func `a public key and a certificate are refused`() throws {
        defer { openssl.remove() }
        for algorithm in JWSAlgorithm.allCases {
            #expect(refusal(try SigningKey.generate(algorithm).publicKey.pem) == .publicOnly)
        }
        try openssl.write(SigningKey.generate(.es256).pem, to: "p")
        #expect(refusal(try made("req -x509 -new -key p -subj /CN=a -days 1 -out k")) == .publicOnly)
    }

    // threats: KEY-02
    @Test
    func `an encrypted key is refused without asking for its passphrase`() throws {
        defer { openssl.remove() }
        let p256 = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256"
        let encrypted = try made("genpkey \(p256) -aes-256-cbc -pass pass:secret -out k")
        #expect(refusal(encrypted) == .encrypted)
        // The same bytes under the label of a plain key, so that only the decoder can notice.
        let text = String(decoding: encrypted, as: UTF8.self).replacing("ENCRYPTED ", with: "")
        #expect(refusal(Array(text.utf8)) == .unreadable)
        try openssl.write(SigningKey.generate(.rs256).pem, to: "p")
        let traditional = try made("rsa -in p -traditional -aes128 -passout pass:secret -out k")
        #expect(refusal(traditional) == .encrypted)
        #expect(
            refusal(try made("ec -in \(try writtenP256()) -aes128 -passout pass:secret -out k")) == .encrypted
        )
    }

    private func writtenP256() throws -> String {
        try openssl.write(SigningKey.generate(.es256).pem, to: "p256")
        return "p256"
    }

    // threats: KEY-02
    @Test
    func `a weak RSA key, another curve and another type are refused by name`() throws {
        defer { openssl.remove() }
        #expect(refusal(try made("genrsa -out k 1024")) == .weakRSA(.tooShort(bits: 1024)))
        #expect(refusal(try made("genrsa -out k 2047")) == .weakRSA(.tooShort(bits: 2047)))
        for (name, curve) in [("P-384", "secp384r1"), ("P-521", "secp521r1"), ("secp256k1", "secp256k1")] {
            let key = try made("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:\(name) -out k")
            #expect(refusal(key) == .wrongCurve(curve))
        }
        for type in ["ED448", "X25519", "X448", "RSA-PSS"] {
            #expect(refusal(try made("genpkey -algorithm \(type) -out k")) == .unsupportedType)
        }
    }

    // threats: KEY-02, JWT-03
    @Test
    func `a key of another type than the algorithm needs is refused`() throws {
        for made in JWSAlgorithm.allCases {
            let pem = try SigningKey.generate(made).pem
            for asked in JWSAlgorithm.allCases {
                let bothRSA = [.rs256, .ps256].contains(made) && [.rs256, .ps256].contains(asked)
                let expected: KeyError? = made == asked || bothRSA ? nil : .algorithmMismatch(asked)
                #expect(refusal(pem, algorithm: asked) == expected)
            }
        }
    }

    // threats: KEY-02
    @Test
    func `a key whose halves do not belong together is refused`() throws {
        func der(_ key: SigningKey) throws -> [UInt8] {
            let lines = String(decoding: key.pem, as: UTF8.self).split(separator: "\n").dropFirst().dropLast()
            return Array(try #require(Data(base64Encoded: lines.joined())))
        }
        // PKCS#8 of P-256 ends with the 64 bytes of the public point.
        let mixed =
            try der(SigningKey.generate(.es256)).dropLast(64) + der(SigningKey.generate(.es256)).suffix(64)
        let pem =
            "-----BEGIN PRIVATE KEY-----\n\(Data(mixed).base64EncodedString())\n-----END PRIVATE KEY-----\n"
        #expect(refusal(Array(pem.utf8)) == .inconsistent)
    }

    @Test
    func `every refusal says what to do, and shows nothing of the file`() {
        let errors: [KeyError] = [
            .empty, .byteOrderMark, .carriageReturns, .notPEM, .truncated, .encrypted, .publicOnly,
            .severalKeys, .unreadable,
            .unsupportedType, .wrongCurve("secp384r1"), .weakRSA(.tooShort(bits: 1024)),
            .weakRSA(.tooLong(bits: 9000)),
            .weakRSA(.exponent), .weakRSA(.evenModulus), .inconsistent, .algorithmMismatch(.es256),
            .libraryFailure,
        ]
        #expect(Set(errors.map(\.description)).count == errors.count)
        #expect(errors.allSatisfy { $0.description.utf8.count > 30 })
    }
}
