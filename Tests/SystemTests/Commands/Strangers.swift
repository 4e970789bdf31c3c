import Foundation
import Testing

@Suite("Command line: servers that are not ours")
struct Strangers {
    private static let key = "tbk_0123456789ABCDEFGHIJabcdefghij3pQYh7"

    private func list(from impostor: Impostor, _ arguments: [String] = []) throws -> CommandRun {
        try CommandRun(
            ["keys", "list"] + arguments,
            environment: ["TOKENBOOTH_URL": impostor.url, "TOKENBOOTH_KEY": Self.key]
        )
    }

    private func exchange(_ issuer: String, _ environment: [String: String] = [:]) throws -> CommandRun {
        try CommandRun(
            ["token", "exchange"],
            environment: ["TOKENBOOTH_ISSUER": issuer, "TOKENBOOTH_KEY": Self.key].merging(environment) { $1 }
        )
    }

    // threats: CLI-02
    @Test(arguments: [
        "301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect",
        "308 Permanent Redirect",
    ])
    func `a redirect is not followed, and the other server is sent nothing`(status: String) throws {
        let other = try Impostor { _, _ in Impostor.response("200 OK", #"{"items":[],"next_cursor":null}"#) }
        let location = "Location: \(other.url)/admin/v1/keys"
        let impostor = try Impostor { _, _ in Impostor.response(status, "{}", headers: [location]) }
        for run in [
            try list(from: impostor), try exchange(impostor.url),
            try CommandRun(
                ["keys", "create", "--name", "n"],
                environment: ["TOKENBOOTH_URL": impostor.url, "TOKENBOOTH_KEY": Self.key]
            ),
        ] {
            #expect(run.code == 1 && run.output.isEmpty && run.errors.contains("redirect"), "\(run.errors)")
        }
        #expect(other.text.isEmpty)
    }

    private static let foreign: [(issuer: String, endpoint: String)] = [
        ("https://auth.example", "%/oauth2/token"), ("%", "https://evil.example/oauth2/token"),
        ("%", "%.evil.example/oauth2/token"), ("%", "%@evil.example/oauth2/token"), ("%/", "%/oauth2/token"),
        ("%", ""),
    ]

    // threats: CLI-02
    @Test(arguments: foreign)
    func `an issuer that calls itself otherwise, or names an endpoint elsewhere, is not sent the key`(
        issuer: String,
        endpoint: String
    ) throws {
        let impostor = try Impostor { _, own in
            let (issuer, endpoint) = (
                issuer.replacing("%", with: own.url), endpoint.replacing("%", with: own.url)
            )
            return Impostor.response("200 OK", #"{"issuer":"\#(issuer)","token_endpoint":"\#(endpoint)"}"#)
        }
        let run = try exchange(impostor.url)
        #expect(run.code == 1 && run.output.isEmpty, "\(run.errors)")
        #expect(
            !impostor.text.contains("tbk_")
                && !impostor.text.contains(Data(Self.key.utf8).base64EncodedString())
        )
        #expect(impostor.text.contains("/.well-known/oauth-authorization-server"))
    }

    // threats: CLI-02
    @Test
    func `TLS that cannot be trusted ends before anything is sent`() throws {
        let directory = try TemporaryDirectory()
        let own = try Certificate("DNS:localhost,IP:127.0.0.1", in: directory)
        let other = try Certificate("DNS:other.example", in: directory, as: "other")
        let booth = try Booth(["--tls-cert", own.file, "--tls-key", own.key], in: directory)
        let stranger = try Booth(["--tls-cert", other.file, "--tls-key", other.key])
        let cases: [(Booth, String?, Int32)] = [
            (booth, own.file, 0), (booth, nil, 69), (booth, other.file, 69), (stranger, other.file, 69),
        ]
        for (server, trusted, code) in cases {
            var environment = [
                "TOKENBOOTH_URL": "https://127.0.0.1:\(server.adminPort)", "TOKENBOOTH_KEY": server.rootKey,
            ]
            environment["TOKENBOOTH_CA_CERT"] = trusted
            let run = try CommandRun(["keys", "list"], environment: environment)
            #expect(run.code == code, "\(run.errors)")
            #expect(code == 0 || run.errors.contains("certificate"), "\(run.errors)")
            let token = try exchange(server.issuer, environment)
            #expect(token.code == code, "\(token.errors)")
        }
        #expect(!stranger.log.contains("/admin/v1/keys"))
    }

    // threats: CLI-02
    @Test(arguments: ["http://192.0.2.1:8081", "http://auth.example", "http://127.0.0.1.example:8081"])
    func `over plain http no key leaves this machine`(url: String) throws {
        let start = ContinuousClock.now
        for run in [
            try CommandRun(["keys", "list", "--url", url], environment: ["TOKENBOOTH_KEY": Self.key]),
            try exchange(url),
        ] {
            #expect(run.code == 1 && run.errors.contains("https"), "\(run.errors)")
        }
        // Nobody was even looked for.
        #expect(ContinuousClock.now - start < .seconds(8))
    }

    // threats: CLI-01
    @Test(arguments: [[], ["-o", "json"], ["-q"]])
    func `what a server says cannot steer the terminal`(arguments: [String]) throws {
        let nasty = "\u{1B}]0;owned\u{07}\u{1B}[2J\u{9B}31m\u{202E}\u{2066}\r\n\u{200B}\u{7F}"
        let escaped = #"\u001b[2J\u0007\u009b\u202e\u0000"#
        // Unescaped, JSON may hold whatever is no C0 control.
        let raw = String(String.UnicodeScalarView(nasty.unicodeScalars.filter { $0.value > 0x7F }))
        let item = #"{"id":"\#(escaped)","name":"\#(escaped)","hint":"\#(raw)"}"#
        let list = try Impostor { _, _ in
            Impostor.response("200 OK", #"{"items":[\#(item)],"next_cursor":null}"#)
        }
        let refusal = try Impostor { _, _ in
            Impostor.response("403 Forbidden", #"{"title":"\#(escaped)","detail":"\#(escaped)"}"#)
        }
        for (server, code) in [(list, 0), (refusal, 1)] as [(Impostor, Int32)] {
            let run = try self.list(from: server, arguments)
            #expect(run.code == code, "\(run.errors)")
            let isPlain = (run.output + run.errors).unicodeScalars.allSatisfy {
                $0 == "\n" || ![.control, .format].contains($0.properties.generalCategory)
            }
            #expect(isPlain)
        }
    }

    @Test(arguments: [
        ("{}", "with no list: is it the admin listener"),
        (#"{"items":[],"next_cursor":"a"}"#, "does not end"),
        (#"{"items":[{"id":"key_1"}],"next_cursor":"a"}"#, "does not end"),
    ])
    func `a list that is none or does not end is told with the server's address`(
        answer: String,
        words: String
    ) throws {
        let impostor = try Impostor { _, _ in Impostor.response("200 OK", answer) }
        let errors = try list(from: impostor).errors
        #expect(errors.contains(words) && errors.contains(impostor.url), "\(errors)")
    }

    // threats: CLI-01
    @Test
    func `an answer that is none, that is cut off or that does not end is exit 1 or 69, never half a list`()
        throws
    {
        let page = #"{"items":[{"id":"key_1"}],"next_cursor":"again"}"#
        let answers: [(String?, Int32)] = [
            (nil, 69), ("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"items\":[", 69),
            ("nonsense\r\n\r\n", 69),
            (Impostor.response("200 OK", "<html>"), 1), (Impostor.response("200 OK", "{}"), 1),
            (Impostor.response("200 OK", page), 1), (Impostor.response("502 Bad Gateway", "<html>"), 1),
            (Impostor.response("200 OK", String(repeating: "[", count: 100_000)), 1),
            (Impostor.response("200 OK", String(repeating: " ", count: 9 << 20)), 1),
        ]
        for (answer, code) in answers {
            let impostor = try Impostor { _, _ in answer }
            let run = try list(from: impostor)
            #expect(run.code == code, "\(answer?.prefix(60) ?? "nothing"): \(run.errors)")
            #expect(
                run.output.isEmpty && run.errors.hasPrefix("Error: "),
                "\(answer?.prefix(60) ?? "nothing")"
            )
        }
    }
}
