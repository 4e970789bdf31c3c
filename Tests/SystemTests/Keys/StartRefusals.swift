import Foundation
import Glibc
import JOSE
import Testing

/// One refused start is a process of its own: none of these has a booth.
@Suite("Starts that are refused")
struct StartRefusals {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// A database and keys as a first start leaves them.
    private func firstStart() throws {
        let booth = try Booth(in: directory)
        // The key that signs is the first of those that are published.
        let kid = try JWKSet(parsing: booth.get("/oauth2/jwks").body).keys.first?.kid ?? ""
        try directory.file("active", "keys/signing-ES256-\(kid).pem")
        booth.process.signal(SIGTERM)
        #expect(booth.process.wait(seconds: 12) == .exited(0))
    }

    private var signingKey: String { directory.text(of: "active") }

    /// The start ends with an exit code of its own, never a signal, and says in words what is wrong.
    private func refused(
        saying words: String...,
        arguments: [String] = [],
        codes: Set<Int32> = [78],
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        if !directory.files().contains("config.yaml") { try directory.file("config.yaml", "") }
        let name = "refusal-\(UUID().uuidString)"
        let process = try ChildProcess(
            Booth.command(in: directory.path) + arguments,
            errors: directory.path + "/" + name
        )
        guard case .exited(let code)? = process.wait(seconds: 20) else {
            Issue.record(
                "no exit: \(String(describing: process.poll())) \(directory.text(of: name))",
                sourceLocation: location
            )
            return
        }
        let text = directory.text(of: name)
        #expect(codes.contains(code), "\(code): \(text)", sourceLocation: location)
        #expect(
            !text.contains("Fatal error") && !text.contains("PRIVATE KEY"),
            "\(text)",
            sourceLocation: location
        )
        #expect(!text.contains("\"ready\""), sourceLocation: location)
        for word in words { #expect(text.contains(word), "\(text)", sourceLocation: location) }
    }

    private func mode(_ file: String, _ mode: Int) throws {
        try FileManager.default.setAttributes(
            [.posixPermissions: mode],
            ofItemAtPath: directory.path + "/" + file
        )
    }

    // threats: KEY-01
    @Test(arguments: [0o644, 0o640, 0o666, 0o604, 0o620])
    func `a private file that others may read or write`(mode: Int) throws {
        try firstStart()
        for file in [signingKey, "keys/refresh.secret", "keys/root.key"] {
            try self.mode(file, mode)
            try refused(saying: file, "chmod 600")
            try self.mode(file, 0o600)
        }
    }

    // threats: KEY-01
    @Test
    func `a keys directory that is open to others, or whose parent everyone may write`() throws {
        try firstStart()
        try mode("keys", 0o755)
        try refused(saying: "open to others")
        try mode("keys", 0o700)
        try mode("", 0o777)
        try refused(saying: "everyone may write")
        try mode("", 0o700)
    }

    // threats: KEY-01
    @Test
    func `a symbolic link, a directory and a pipe in the place of a key`() throws {
        try firstStart()
        let path = directory.path + "/" + signingKey
        let moved = directory.path + "/elsewhere.pem"
        try FileManager.default.moveItem(atPath: path, toPath: moved)
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: moved)
        try refused(saying: signingKey)
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        try refused(saying: signingKey)
        try FileManager.default.removeItem(atPath: path)
        #expect(unsafe mkfifo(path, 0o600) == 0)
        try refused(saying: signingKey)
    }

    // threats: KEY-01
    @Test(.enabled(if: geteuid() == 0))
    func `a key that belongs to another user`() throws {
        try firstStart()
        #expect(unsafe chown(directory.path + "/" + signingKey, 65_534, 65_534) == 0)
        try refused(saying: "another user")
    }

    // threats: KEY-02
    @Test
    func `an empty, a truncated, a doubled and a foreign key`() throws {
        try firstStart()
        let file = signingKey
        let pem = directory.text(of: file)
        let rsa = String(decoding: try SigningKey.generate(.rs256).pem, as: UTF8.self)
        for content in ["", String(pem.dropLast(40)), pem + pem, "\u{FEFF}" + pem, "no key", rsa] {
            try directory.file(file, content)
            try refused(saying: file)
        }
    }

    // threats: KEY-02
    @Test(arguments: [
        ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
        ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
        [
            "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-aes256", "-pass",
            "pass:secret",
        ],
        ["genpkey", "-algorithm", "X25519"],
    ])
    func `a key of the wrong curve, too short, encrypted or of another kind`(command: [String]) throws {
        try firstStart()
        let path = directory.path + "/made.pem"
        #expect(try run(["/usr/bin/openssl"] + command + ["-out", path]).ending == .exited(0))
        try directory.file(signingKey, directory.text(of: "made.pem"))
        try refused(saying: signingKey)
    }

    // threats: KEY-02
    @Test
    func `a public key only, and a damaged refresh secret`() throws {
        try firstStart()
        let (file, pem) = (signingKey, directory.text(of: signingKey))
        #expect(
            try run([
                "/usr/bin/openssl", "pkey", "-in", directory.path + "/" + file, "-pubout", "-out",
                directory.path + "/public.pem",
            ]).ending == .exited(0)
        )
        try directory.file(file, directory.text(of: "public.pem"))
        try refused(saying: file)
        try directory.file(file, pem)
        let secret = directory.text(of: "keys/refresh.secret")
        for content in ["", "short\n", String(secret.dropLast(2)) + "\n", secret + secret] {
            try directory.file("keys/refresh.secret", content)
            try refused(saying: "refresh.secret")
        }
    }

    @Test
    func `a database without its keys`() throws {
        try firstStart()
        let pem = directory.text(of: signingKey)
        let file = signingKey
        try FileManager.default.removeItem(atPath: directory.path + "/" + file)
        try refused(saying: "signing key", codes: [1, 78])
        try directory.file(file, pem)
        try FileManager.default.removeItem(atPath: directory.path + "/keys/refresh.secret")
        try refused(saying: "refresh secret", codes: [1, 78])
        #expect(!directory.files().contains("keys/refresh.secret"))
    }

    // threats: DBF-12
    @Test
    func `a second server on the same data`() throws {
        let booth = try Booth(in: directory)
        try refused(saying: "data", codes: [1, 78])
        #expect(try booth.token(TokenCall(key: booth.rootKey)).status == 200)
    }

    @Test
    func `a port that is taken`() throws {
        let booth = try Booth()
        for (flag, setting) in [("--listen", "listen"), ("--admin-listen", "admin_listen")] {
            let address = "127.0.0.1:\(booth.publicPort)"
            try refused(
                saying:
                    "another process listens on \(address): stop it, or set \(setting) to another address",
                arguments: [flag, address],
                codes: [1]
            )
        }
    }

    @Test
    func `an address that this machine does not have`() throws {
        try refused(
            saying: "listen (from --listen): 203.0.113.1:8080",
            "this machine has no such address",
            arguments: ["--listen", "203.0.113.1:8080", "--issuer", "https://auth.example"]
        )
    }

    @Test
    func `one address for both listeners`() throws {
        try refused(
            saying: "listen, admin_listen: 127.0.0.1:4711",
            arguments: ["--listen", "127.0.0.1:4711", "--admin-listen", "127.0.0.1:4711"]
        )
        #expect(!directory.files().contains { $0.hasPrefix("data/") || $0.hasPrefix("keys/") })
    }

    @Test(arguments: [
        ("unknown_key: 1\n", "unknown_key"), ("access_token_ttl: {default: 5}\n", "access_token_ttl.default"),
        ("issuer: http://auth.example\n", "issuer"), ("issuer: https://auth.example/?q=1\n", "issuer"),
        ("a: [\n", "config.yaml"),
        ("trusted_proxies: [10.0.0.1/8]\n", "trusted_proxies"),
        ("trusted_proxies: [\"::ffff:10.0.0.0/8\"]\n", "trusted_proxies"),
        ("algorithms: [none]\n", "algorithms"), ("log_level: loud\n", "log_level"),
        ("max_connections: 99999999999999999999\n", "max_connections"),
    ])
    func `a configuration that cannot stand`(content: String, word: String) throws {
        try directory.file("config.yaml", content)
        try refused(saying: word)
        #expect(!directory.files().contains { $0.hasPrefix("data/") || $0.hasPrefix("keys/") })
    }

    @Test
    func `an admin listener off loopback without TLS`() throws {
        try refused(saying: "admin_listen", arguments: ["--admin-listen", "0.0.0.0:0"])
    }
}
