import Foundation
import Testing

@testable import JOSE

@Suite("ECDSA signatures in DER over a body, by a key in PEM")
struct SignedReportTests {
    /// The sample message of docs.github.com/code-security/secret-scanning, and the key that it names.
    private static let pem = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYAGMWO8XgCamYKMJS6jc/qgvSlAd
        AjPuDPRcXU22YxgBrz+zoN19MzuRyW87qEt9/AmtoNP5GrobzUvQSyJFVw==
        -----END PUBLIC KEY-----

        """
    private static let body =
        #"[{"source":"commit","token":"some_token","type":"some_type","url":"https://example.com/base-repo-url/"}]"#
    private static let signature =
        "MEQCIQDaMKqrGnE27S0kgMrEK0eYBmyG0LeZismAEz/BgZyt7AIfXt9fErtRS4XaeSt/AO1RtBY66YcAdjxji410VQV4xg=="

    @Test
    func `the published sample is genuine, and nothing else is`() throws {
        let key = try #require(VerificationKey(p256: Array(Self.pem.utf8)))
        let signature = try #require(Data(base64Encoded: Self.signature)).map { $0 }
        let body = Array(Self.body.utf8)
        #expect(key.verify(der: signature, over: body))
        #expect(!key.verify(der: signature, over: body + [0x0A]))
        #expect(!key.verify(der: signature + [0], over: body))
        #expect(!key.verify(der: [], over: body))
        for index in signature.indices {
            var other = signature
            other[index] ^= 1
            #expect(!key.verify(der: other, over: body), "byte \(index)")
        }
    }

    @Test(arguments: ["", "x", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
    func `what is no key is none`(pem: String) {
        #expect(VerificationKey(p256: Array(pem.utf8)) == nil)
    }

    @Test(arguments: [JWSAlgorithm.eddsa, .rs256])
    func `a key of another kind is refused`(algorithm: JWSAlgorithm) throws {
        let key = try SigningKey.generate(algorithm)
        #expect(VerificationKey(p256: key.publicKey.pem) == nil)
        #expect(VerificationKey(p256: try SigningKey.generate(.es256).publicKey.pem) != nil)
    }
}
