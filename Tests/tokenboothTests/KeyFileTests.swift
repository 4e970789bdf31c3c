import JOSE
import Testing

@testable import tokenbooth

@Suite("Keys directory: what a key file must be")
struct KeyFileTests {
    let scratch = Scratch()

    private func refusal(_ name: String, _ content: String) throws -> FileError {
        let directory = try KeysDirectory(opening: scratch.directory("keys"))
        scratch.file("keys/\(name)", content)
        return try #require(throws: FileError.self) { try directory.signingKeys() }
    }

    private static func pem(_ algorithm: JWSAlgorithm) throws -> String {
        String(decoding: try SigningKey.generate(algorithm).pem, as: UTF8.self)
    }

    // threats: KEY-02
    @Test
    func `an empty, truncated, encrypted or public key is refused in words that never show it`() throws {
        let pem = try Self.pem(.es256)
        let lines = pem.split(separator: "\n")
        let broken = [
            "", "\n", String(pem.dropLast(30)), lines[0] + "\n" + lines[2], "not a key",
            "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n",
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMFkw\n-----END ENCRYPTED PRIVATE KEY-----\n",
            pem + pem, "\u{FEFF}" + pem, lines.joined(separator: "\r\n") + "\r\n",
            String(repeating: "x", count: 20000),
        ]
        for content in broken {
            let error = try refusal("signing-ES256-a.pem", content)
            #expect(error.description.contains("signing-ES256-a.pem"))
            #expect(!error.description.contains(lines[1]))
        }
    }

    // threats: KEY-02
    @Test
    func `a key of another type than its name says is refused`() throws {
        _ = try refusal("signing-EdDSA-a.pem", try Self.pem(.es256))
        let directory = try KeysDirectory(opening: scratch.path + "/keys")
        scratch.file("keys/signing-EdDSA-a.pem", try Self.pem(.eddsa))
        #expect(try directory.signingKeys().map(\.algorithm) == [.eddsa])
    }

    @Test
    func `the same key in two files is refused`() throws {
        let pem = try Self.pem(.es256)
        let directory = try KeysDirectory(opening: scratch.directory("keys"))
        scratch.file("keys/signing-ES256-a.pem", pem)
        #expect(try directory.signingKeys().count == 1)
        scratch.file("keys/signing-ES256-b.pem", pem)
        #expect(throws: FileError.self) { try directory.signingKeys() }
    }

    @Test
    func `an RSA key is for the algorithm in the name of its file`() throws {
        let pem = try Self.pem(.rs256)
        let directory = try KeysDirectory(opening: scratch.directory("keys"))
        scratch.file("keys/signing-PS256-a.pem", pem)
        #expect(try directory.signingKeys().map(\.algorithm) == [.ps256])
    }

    @Test(arguments: [
        "signing-HS256-a.pem", "signing-ES256-.pem", "signing-ES256.pem", "signing-es256-a.pem",
        "signing-.pem",
    ])
    func `a file that looks like ours under a wrong name is refused, not overlooked`(name: String) throws {
        _ = try refusal(name, try Self.pem(.es256))
    }

    // threats: KEY-02
    @Test(arguments: [
        "", "A", "AAAA\n", String(repeating: "A", count: 43), String(repeating: "=", count: 43) + "\n",
    ])
    func `a damaged refresh secret is refused`(content: String) throws {
        let directory = try KeysDirectory(opening: scratch.directory("keys"))
        scratch.file("keys/refresh.secret", content)
        #expect(throws: FileError.self) { try directory.refreshSecret() }
    }

    @Test(arguments: ["", "tbk_", "tbk_0123456789ABCDEFGHIJabcdefghij3pQYh8\n", "hello\n"])
    func `a root key file without a well-formed key is refused`(content: String) {
        let path = scratch.file("root.key", content)
        #expect(throws: FileError.self) { try RootKeyFile.read(path) }
    }
}
