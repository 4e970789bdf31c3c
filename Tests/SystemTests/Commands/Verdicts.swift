import Foundation
import Primitives
import Testing

@Suite("Command line: what is wrong, and what to do", .serialized, .booth)
struct Verdicts {
    private func object(_ run: CommandRun) throws -> JSONObject {
        try #require(try JSONValue(parsing: Array(run.output.utf8)).object, "\(run.output)\(run.errors)")
    }

    @Test
    func `config check tells of every mistake, in words and in JSON`() throws {
        let directory = try TemporaryDirectory()
        for (content, subjects) in [
            (
                "listen: 8080\nlog_level: LOUD\ntrusted_proxies: [10.0.0.1/8, x]\n",
                ["listen", "log_level", "trusted_proxies", "trusted_proxies"]
            ),
            ("listen: 0.0.0.0:80\nadmin_listen: 0.0.0.0:80\n", ["admin_listen", "listen, admin_listen"]),
            ("tls_cert: /none\ntls_key: /none\nleak_keys_file: /none\n", ["tls_cert", "leak_keys_file"]),
        ] {
            let file = try directory.file("config.yaml", content)
            let run = try CommandRun(
                ["config", "check", "--config", file, "-o", "json"],
                environment: ["TOKENBOOTH_NONSENSE": "1"]
            )
            let answer = try object(run)
            #expect(run.code == 78 && answer["valid"]?.bool == false)
            // Of settings that stand there are warnings, too.
            #expect(answer["warnings"]?.array?.count == (content.contains("tls_cert") ? 1 : 0))
            let mistakes = answer["mistakes"]?.array?.compactMap(\.object) ?? []
            #expect(mistakes.map { $0["subject"]?.string } == subjects)
            let lines = run.errors.split(separator: "\n").filter { !$0.hasPrefix("Warning: ") }
            #expect(lines.count == subjects.count, "\(run.errors)")
            for (line, mistake) in zip(lines, mistakes) {
                let (subject, reason) = (mistake["subject"]?.string ?? "?", mistake["reason"]?.string ?? "?")
                #expect(line.contains(subject) && line.hasSuffix(reason))
                #expect(mistake["source"]?.string == (subject.contains(", ") ? nil : file))
            }
            #expect(try CommandRun(["config", "check", "--config", file]).output.isEmpty)
        }
    }

    @Test
    func `config show says which settings a reload takes`() throws {
        let lines = try CommandRun(["config", "show"]).output.split(separator: "\n")
        #expect(lines.first?.hasSuffix("CHANGES AT") == true)
        #expect(lines.contains { $0.hasPrefix("listen ") && $0.hasSuffix("restart") })
        #expect(lines.contains { $0.hasPrefix("log_level ") && $0.hasSuffix("reload") })
        let settings = try object(CommandRun(["config", "show", "-o", "json"]))
        #expect(settings["listen"]?.object?["reloadable"]?.bool == false)
        #expect(settings["status_ttl"]?.object?["reloadable"]?.bool == true)
    }

    @Test
    func `token verify says in JSON, too, why a token is not verified`() throws {
        let booth = try Booth.current
        let token = try booth.accessToken(try booth.makeKey())
        for (token, audience, reason) in [
            (token, "urn:nobody", "it is not for urn:nobody"),
            ("e30.e30.", Booth.audience, "a segment is empty"),
        ] {
            let arguments = ["token", "verify", "--audience", audience]
            let run = try CommandRun(arguments + ["-o", "json"], booth: booth, input: token)
            let answer = try object(run)
            #expect(run.code == 2 && answer["verified"]?.bool == false)
            #expect(answer["reason"]?.string?.contains(reason) == true && run.errors.contains(reason))
            let quiet = try CommandRun(arguments + ["-o", "json", "-q"], booth: booth, input: token)
            #expect(quiet.code == 2 && quiet.output.isEmpty && quiet.errors == run.errors)
        }
    }

    @Test
    func `health names the checks that fail`() throws {
        for (body, words) in [
            (
                #"{"status":"unavailable","checks":{"store":"failed","signing":"ok","clock":"behind"}}"#,
                ": store failed, clock behind\n"
            ),
            ("<html>", " (503)\n"),
        ] {
            let impostor = try Impostor { _, _ in Impostor.response("503 Service Unavailable", body) }
            let run = try CommandRun(["health", "--url", impostor.url])
            #expect(run.code == 1 && run.errors == "Error: the server is not ready" + words)
        }
    }

    @Test
    func `a file of certificates that is not there, or holds none, is named`() throws {
        let booth = try Booth.current
        let directory = try TemporaryDirectory()
        let (none, text) = (directory.path + "/none", try directory.file("text", "no certificate\n"))
        for arguments in [["keys", "list"], ["health"], ["token", "exchange"], ["token", "verify"]] {
            let missing = try CommandRun(arguments + ["--ca-cert", none], booth: booth, input: "e30.e30.")
            #expect(missing.code == 64 && missing.errors.contains("--ca-cert: \(none) does not exist"))
            let variables = ["TOKENBOOTH_CA_CERT": text]
            let other = try CommandRun(arguments, booth: booth, environment: variables, input: "e30.e30.")
            #expect(
                other.code == 64 && other.errors.contains("TOKENBOOTH_CA_CERT: \(text) holds no certificate")
            )
        }
    }

    @Test
    func `a key that has used up its quota is told for how long`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey("\"quota\":{\"tokens\":1,\"period\":\"day\"}")
        let environment = ["TOKENBOOTH_KEY": key.secret]
        #expect(try CommandRun(["token", "exchange"], booth: booth, environment: environment).code == 0)
        let refused = try CommandRun(["token", "exchange"], booth: booth, environment: environment)
        #expect(refused.code == 1 && refused.output.isEmpty)
        let advice = refused.errors.split(separator: "\n").last ?? ""
        #expect(advice.hasPrefix("  Try again in ") && advice.hasSuffix("."), "\(refused.errors)")
    }
}
