import Glibc
import JOSE
import Primitives
import Testing

/// A private key whose password nobody has given, in a session with a terminal to ask for it.
@Suite("Encrypted keys on a terminal")
struct EncryptedKeys {
    private let directory: TemporaryDirectory
    private let terminal: PseudoTerminal

    init() throws {
        directory = try TemporaryDirectory()
        terminal = try PseudoTerminal(columns: 200)
    }

    /// Runs a program as the first of a session whose terminal it has for everything.
    private func start(_ arguments: [String]) throws -> ChildProcess {
        let path = terminal.path
        let command = ["/usr/bin/setsid", "--ctty"] + arguments
        return try ChildProcess(command, input: path, output: path, errors: path)
    }

    /// As the two forms of PEM have it: PKCS #8 and what was before.
    private func encrypt(_ key: String, asPKCS8 isPKCS8: Bool) throws {
        let made = directory.path + "/encrypted.pem"
        let form = isPKCS8 ? ["pkcs8", "-topk8", "-v2", "aes256"] : ["ec", "-aes256"]
        let result = try run(
            ["/usr/bin/openssl"] + form + ["-in", key, "-passout", "pass:secret", "-out", made]
        )
        #expect(result.ending == .exited(0), "\(result.text)")
        let text = directory.text(of: "encrypted.pem")
        #expect(text.contains(isPKCS8 ? "BEGIN ENCRYPTED PRIVATE KEY" : "Proc-Type: 4,ENCRYPTED"))
        #expect(unsafe rename(made, key) == 0 && chmod(key, 0o600) == 0)
    }

    /// A start ends by itself, with nothing on the terminal but its log and why; another program asks there.
    private func expectNoQuestion(_ key: String, saying words: String, _ arguments: [String] = []) throws {
        let process = try start(Booth.command(in: directory.path) + arguments)
        let text = terminal.text(of: process)
        #expect(process.poll() == .exited(78), "\(text)")
        #expect(text.contains(words), "\(text)")
        // What asks ends its line with the answer, so that whatever follows does not begin one.
        for line in text.split(separator: "\n") {
            let isLogged = (try? JSONValue(parsing: Array(line.utf8)))?.object?["message"] != nil
            #expect(isLogged || line.hasPrefix("Error: \(words)"), "\(text)")
        }
        let other = try start(["/usr/bin/openssl", "pkey", "-noout", "-in", key])
        let question = terminal.text(of: other) { $0.contains("pass phrase") }
        #expect(other.isRunning && question.contains("pass phrase"), "\(question)")
    }

    // threats: KEY-02
    @Test(arguments: [false, true])
    func `a start with an encrypted signing key asks for no password`(isPKCS8: Bool) throws {
        let booth = try Booth(in: directory)
        let kid = try #require(try JWKSet(parsing: booth.get("/oauth2/jwks").body).keys.first?.kid)
        booth.stop()
        let key = directory.path + "/keys/signing-ES256-\(kid).pem"
        try encrypt(key, asPKCS8: isPKCS8)
        try expectNoQuestion(key, saying: "\(key): the private key is encrypted")
    }

    // threats: KEY-02
    @Test(arguments: [false, true])
    func `a start with an encrypted key for TLS asks for no password`(isPKCS8: Bool) throws {
        let certificate = try Certificate("DNS:localhost", in: directory)
        try directory.file("config.yaml", "")
        try encrypt(certificate.key, asPKCS8: isPKCS8)
        let arguments = ["--tls-cert", certificate.file, "--tls-key", certificate.key]
        try expectNoQuestion(certificate.key, saying: "tls_key (from --tls-key)", arguments)
    }
}
