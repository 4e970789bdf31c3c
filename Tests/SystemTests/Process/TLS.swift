import Glibc
import Testing

@Suite("TLS on both listeners: RFC 9325")
struct TLSListeners {
    private static func booth(keyMode mode: mode_t = 0o600) throws -> Booth {
        let directory = try TemporaryDirectory()
        let certificate = try Certificate("DNS:localhost,IP:127.0.0.1", in: directory)
        _ = unsafe chmod(certificate.key, mode)
        return try Booth(["--tls-cert", certificate.file, "--tls-key", certificate.key], in: directory)
    }

    private func curl(_ booth: Booth, _ arguments: [String]) throws -> String {
        try run(
            ["/usr/bin/curl", "-s", "-S", "--max-time", "10", "--cacert", booth.directory.path + "/cert.pem"]
                + arguments
        ).text
    }

    @Test
    func `a token is had over TLS, and the connection ends without delay`() throws {
        let booth = try Self.booth()
        #expect(booth.issuer == "https://127.0.0.1:\(booth.publicPort)")
        let key = try booth.directory.file("key.txt", "-u \":\(booth.rootKey)\"\n")
        let form = ["-K", key, "-d", "grant_type=client_credentials", "\(booth.issuer)/oauth2/token"]
        #expect(try curl(booth, form).contains("access_token"))
        let start = ContinuousClock.now
        #expect(
            try curl(booth, ["-H", "Connection: close", "\(booth.issuer)/healthz"]) == "{\"status\":\"ok\"}"
        )
        #expect(ContinuousClock.now - start < .milliseconds(900))
        #expect(try curl(booth, ["https://localhost:\(booth.adminPort)/healthz"]) == "{\"status\":\"ok\"}")
        #expect(
            try curl(
                booth,
                [
                    "-d", String(repeating: "a", count: 40_000), "-w", "%{http_code}",
                    "\(booth.issuer)/oauth2/token",
                ]
            ).hasSuffix("413")
        )
    }

    // threats: HTP-22
    @Test(arguments: [("-tls1", false), ("-tls1_1", false), ("-tls1_2", true), ("-tls1_3", true)])
    func `only TLS 1.2 and 1.3 are spoken`(version: String, isAccepted: Bool) throws {
        let booth = try Self.booth()
        for port in [booth.publicPort, booth.adminPort] {
            let text = try run([
                "/usr/bin/openssl", "s_client", "-connect", "127.0.0.1:\(port)", version, "-cipher",
                "ALL:@SECLEVEL=0",
            ]).text
            #expect(text.contains("BEGIN CERTIFICATE") == isAccepted, "\(text)")
        }
        #expect(booth.process.isRunning)
    }

    @Test
    func `a private key that every user may read is served with, and warned of`() throws {
        let warning = "tls_key: every user of this machine has access to"
        #expect(try Self.booth(keyMode: 0o644).log.contains(warning))
        #expect(try !Self.booth(keyMode: 0o640).log.contains(warning))
    }

    // threats: TOK-20
    @Test
    func `plain HTTP on a TLS port is not answered, whatever its headers say`() throws {
        let booth = try Self.booth()
        let connection = try RawConnection(port: booth.publicPort)
        connection.send(Booth.head("GET", "/healthz", ["X-Forwarded-Proto: https"]) + "\r\n")
        #expect(connection.response(seconds: 3) == nil)
        #expect(connection.endsWithin(seconds: 11))
        #expect(booth.process.isRunning)
    }
}
