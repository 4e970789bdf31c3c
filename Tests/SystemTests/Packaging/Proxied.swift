import Foundation
import Glibc
import Testing

/// nginx with the configuration of docs/operations.md, only with other ports and paths.
final class Proxy {
    static let program = "/usr/sbin/nginx"

    let port: UInt16
    let certificate: Certificate
    private let process: ChildProcess
    private let directory: TemporaryDirectory

    /// - Parameters:
    ///   - service: The port of the service that is guarded, if there is one.
    ///   - change: Of the configuration, by somebody who has not read everything.
    init(
        for booth: Booth,
        port: UInt16,
        service: UInt16 = 1,
        _ change: (String) -> String = { $0 }
    ) throws {
        directory = try TemporaryDirectory()
        let path = directory.path
        self.port = port
        certificate = try Certificate("DNS:auth.example,DNS:reports.example", in: directory)
        let shown = Repository.blocks("nginx", of: "docs/operations.md")
        try #require(shown.count == 2, "two configurations are shown, one beside the other")
        var site = change(shown.joined(separator: "\n")).split(
            separator: "\n",
            omittingEmptySubsequences: false
        )
        .filter { !$0.contains("[::]:") && !$0.contains("listen 80;") }
        .joined(separator: "\n")
        .replacing("127.0.0.1:8080", with: "127.0.0.1:\(booth.publicPort)")
        .replacing("127.0.0.1:9000", with: "127.0.0.1:\(service)")
        .replacing("listen 443 ssl http2;", with: "listen 127.0.0.1:\(port) ssl http2;")
        for name in ["auth.example", "reports.example"] {
            site = site.replacing("/etc/ssl/certs/\(name).pem", with: certificate.file)
                .replacing("/etc/ssl/private/\(name).key", with: certificate.key)
        }
        // Workers of a master that root has started need the files, too.
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(path)/\($0);" }.joined(separator: " ")
        let main = """
            daemon off; master_process off; pid \(path)/pid; error_log stderr;
            events {}
            http { access_log off; \(temporary)
            \(site)
            }
            """
        let file = try directory.file("nginx.conf", main)
        let checked = try run([Self.program, "-t", "-q", "-e", "stderr", "-c", file])
        #expect(checked.ending == .exited(0) && checked.text.isEmpty, "\(checked.text)")
        process = try ChildProcess(
            [Self.program, "-e", "stderr", "-c", file],
            output: path + "/log",
            errors: path + "/log"
        )
        #expect(eventually { (try? RawConnection(port: port)).map { _ in true } } == true, "\(log)")
    }

    deinit {
        process.signal(SIGTERM)
        _ = process.wait(seconds: 5)
    }

    var log: String { directory.text(of: "log") }

    /// The answer and its status, as curl shows them with `-i`.
    func curl(_ path: String, _ arguments: [String], of host: String = "auth.example") throws -> String {
        let name = "\(host):\(port)"
        return try run(
            [
                "/usr/bin/curl", "-s", "-S", "-i", "--max-time", "20", "--cacert", certificate.file,
                "--resolve",
                "\(name):127.0.0.1", "https://\(name)\(path)",
            ] + arguments,
            seconds: 30
        ).text
    }
}

@Suite(
    "A proxy in front: docs/operations.md",
    .enabled(if: Repository.has(Proxy.program), "nginx is not installed")
)
struct Proxied {
    private let booth: Booth
    private let proxy: Proxy

    init() throws {
        let free = try Impostor { _, _ in nil }.port
        booth = try Booth(
            ["--issuer", "https://auth.example:\(free)"],
            configuration: "trusted_proxies: [127.0.0.1]\n"
        )
        proxy = try Proxy(for: booth, port: free)
    }

    private func token(_ key: MadeKey, _ arguments: [String] = []) throws -> String {
        let file = try booth.directory.file("curl.\(UUID().uuidString)", "-u \":\(key.secret)\"\n")
        return try proxy.curl(
            "/oauth2/token",
            ["-K", file, "-d", "grant_type=client_credentials"] + arguments
        )
    }

    @Test
    func `a token is had, and metadata name the proxy`() throws {
        let answer = try token(try booth.makeKey())
        #expect(answer.hasPrefix("HTTP/2 200") && answer.contains("access_token"), "\(answer)\(proxy.log)")
        let metadata = try proxy.curl("/.well-known/oauth-authorization-server", [])
        #expect(metadata.contains("\"token_endpoint\":\"\(booth.issuer)/oauth2/token\""), "\(metadata)")
        try AfterEachTest.check(booth)
    }

    // threats: IPA-01
    @Test
    func `allowed addresses are those of the client, whatever it claims`() throws {
        let allowed = try booth.makeKey("\"allowed_ips\":[\"127.0.0.1\"]")
        // A trusted proxy and nothing else would be allowed, if it were asked.
        let denied = try booth.makeKey("\"allowed_ips\":[\"192.0.2.1\"]")
        for lie in [
            "X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 192.0.2.1, 127.0.0.1", "X-Real-IP: 192.0.2.1",
        ] {
            #expect(try token(denied, ["-H", lie]).hasPrefix("HTTP/2 401"), "\(lie)")
        }
        let answer = try token(allowed, ["-H", "X-Forwarded-For: 192.0.2.1"])
        #expect(answer.hasPrefix("HTTP/2 200"), "\(answer)")
        let named = try token(allowed, ["-H", "X-Request-Id: proxied-1"])
        #expect(named.hasPrefix("HTTP/2 200"))
        try AfterEachTest.check(booth)
    }

    @Test
    func `refusals come through as they are, and administration not at all`() throws {
        let refused = try proxy.curl("/oauth2/token", ["-d", "grant_type=client_credentials"])
        #expect(
            refused.hasPrefix("HTTP/2 401") && refused.lowercased().contains("www-authenticate:"),
            "\(refused)"
        )
        #expect(refused.contains("\"error\":\"invalid_client\""))
        let large = String(repeating: "a", count: 200_000)
        let file = try booth.directory.file("large", large)
        #expect(try proxy.curl("/oauth2/token", ["--data-binary", "@\(file)"]).hasPrefix("HTTP/2 413"))
        for path in ["/admin/v1/keys", "/metrics"] {
            #expect(try proxy.curl(path, []).hasPrefix("HTTP/2 404"), "\(path)")
        }
        try AfterEachTest.check(booth)
    }

    @Test
    func `a service that is gone is 502 or 503, and its return needs no restart of the proxy`() throws {
        let key = try booth.makeKey()
        #expect(try token(key).hasPrefix("HTTP/2 200"))
        booth.process.signal(SIGSTOP)
        booth.process.signal(SIGCONT)
        booth.stop()
        let gone = try token(key)
        #expect(gone.hasPrefix("HTTP/2 502") || gone.hasPrefix("HTTP/2 503"), "\(gone)")
        let again = try ChildProcess(
            Booth.command(in: booth.directory.path) + [
                "--listen", "127.0.0.1:\(booth.publicPort)", "--issuer", booth.issuer,
            ],
            errors: booth.directory.path + "/log2"
        )
        #expect(
            eventually(seconds: 30) { (try? token(key))?.hasPrefix("HTTP/2 200") == true ? true : nil }
                == true
        )
        again.signal(SIGTERM)
        #expect(again.wait(seconds: 12) == .exited(0))
    }
}
