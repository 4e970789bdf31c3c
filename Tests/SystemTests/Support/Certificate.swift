import Testing

/// A certificate that signs itself, with its key, in a directory of the test.
struct Certificate {
    let file: String
    let key: String

    /// - Parameter names: Such as `DNS:localhost,IP:127.0.0.1`.
    init(_ names: String, in directory: TemporaryDirectory, as name: String = "cert") throws {
        file = "\(directory.path)/\(name).pem"
        key = "\(directory.path)/\(name).key.pem"
        let made = try run([
            "/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=\(names)", "-keyout", key,
            "-out", file,
        ])
        #expect(made.ending == .exited(0), "\(made.text)")
    }
}
