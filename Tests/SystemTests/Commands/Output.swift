import Foundation
import Glibc
import Primitives
import Testing

@Suite("Command line: what it prints", .serialized, .booth)
struct Output {
    private static func environment(_ booth: Booth) -> [String: String] {
        ["TOKENBOOTH_URL": "http://127.0.0.1:\(booth.adminPort)", "TOKENBOOTH_KEY": booth.rootKey]
    }

    @Test
    func `every list is a table, one line of JSON, or names only`() throws {
        let booth = try Booth.current
        _ = try booth.makeKey()
        for command in try CommandList.leaves() where command.path.last == "list" {
            let table = try CommandRun(command.path, booth: booth)
            #expect(table.code == 0 && table.errors.isEmpty, "\(command.path): \(table.errors)")
            let header = table.output.split(separator: "\n").first ?? ""
            #expect(!header.isEmpty && header.allSatisfy { !$0.isLowercase }, "\(command.path): \(header)")
            let json = try CommandRun(command.path + ["-o", "json"], booth: booth)
            let lines = json.output.split(separator: "\n")
            #expect(json.code == 0 && lines.count == 1, "\(command.path)")
            let items = try JSONValue(parsing: Array(lines[0].utf8), maximumDepth: 32).object?["items"]?.array
            let quiet = try CommandRun(command.path + ["-q"], booth: booth)
            #expect(quiet.code == 0)
            #expect(quiet.output.split(separator: "\n").count == items?.count, "\(command.path)")
            #expect(!quiet.output.contains(" "), "\(command.path): \(quiet.output)")
        }
    }

    @Test(arguments: [40, 72, 130] as [UInt16])
    func `a table fits the terminal`(columns: UInt16) throws {
        let booth = try Booth.current
        _ = try booth.makeKey("\"description\":\"\(String(repeating: "long ", count: 30))\"")
        let terminal = try PseudoTerminal(columns: columns)
        let process = try ChildProcess(
            [Booth.binary, "keys", "list"],
            environment: Self.environment(booth),
            output: terminal.path
        )
        let lines = terminal.text(of: process).split(separator: "\n")
        #expect(process.poll() == .exited(0) && lines.count > 2)
        #expect(lines.allSatisfy { $0.unicodeScalars.count <= Int(columns) }, "\(lines)")
        #expect(lines.dropFirst().allSatisfy { $0.hasPrefix("key_") })
        // Nothing is cut where no terminal is.
        let whole = try CommandRun(["keys", "list"], booth: booth).output
        #expect(whole.contains("https://api.example urn:other"))
    }

    // threats: CLI-01
    @Test
    func `a name that hides or turns text is shown for what it is`() throws {
        let booth = try Booth.current
        let names = [
            "a\u{202E}b\u{202C}", "c\u{200B}d", "e\u{AD}f", "g\u{E0041}h", "i\u{2066}j\u{2069}",
            "k\u{9B}31ml",
        ]
        var shown: [String] = []
        for name in names {
            let body = JSONObject([("name", .string(name))])
            let text = String(decoding: JSONValue.object(body).serialized, as: UTF8.self)
            guard let made = try booth.attempt("POST", "keys", text), made.status == 201 else { continue }
            if let secret = made.json?["key"]?.string { booth.canaries.add(secret) }
            shown.append(name)
        }
        #expect(shown.count > 3, "the server takes hardly any of these names")
        for arguments in [["-o", "table"], ["-o", "json"]] {
            let run = try CommandRun(["keys", "list"] + arguments, booth: booth)
            #expect(run.code == 0)
            let isPlain = run.output.unicodeScalars.allSatisfy {
                $0 == "\n" || ![.control, .format].contains($0.properties.generalCategory)
            }
            #expect(isPlain)
            #expect(run.output.contains(#"a\u202eb\u202c"#))
        }
    }

    // threats: CLI-01
    @Test
    func `a reader that goes away ends a command without a word, a full disk with one`() throws {
        let booth = try Booth.current
        let command = "{ sleep 0.2; \"$1\" keys list -o json; } | true; exit ${PIPESTATUS[0]}"
        let directory = try TemporaryDirectory()
        let process = try ChildProcess(
            ["/bin/bash", "-c", command, "bash", Booth.binary],
            environment: Self.environment(booth),
            errors: directory.path + "/errors"
        )
        #expect(process.wait(seconds: 20) == .exited(1))
        #expect(directory.text(of: "errors").isEmpty, "\(directory.text(of: "errors"))")
        let full = try CommandRun(["keys", "list"], booth: booth, outputFile: "/dev/full")
        #expect(full.code == 1 && full.errors.contains("cannot write to standard output"))
        for arguments in [["--help"], ["completion", "bash"], ["manual"]] {
            #expect(try CommandRun(arguments, outputFile: "/dev/full").code == 1, "\(arguments)")
        }
    }

    // threats: CLI-01
    @Test
    func `a secret that could not be shown is said to be lost, with what to do`() throws {
        let booth = try Booth.current
        let run = try CommandRun(["keys", "create", "--name", "lost"], booth: booth, outputFile: "/dev/full")
        #expect(run.code == 1 && run.errors.contains("delete key_"), "\(run.errors)")
        #expect(!run.errors.contains("tbk_"))
    }

    // threats: CLI-01
    @Test(arguments: [(nil, true), ("1", false), ("", true), ("0", false)] as [(String?, Bool)])
    func `NO_COLOR turns colours off`(value: String?, isColoured: Bool) throws {
        let terminal = try PseudoTerminal(columns: 200)
        let directory = try TemporaryDirectory()
        var environment = ["TERM": "xterm-256color"]
        environment["NO_COLOR"] = value
        let process = try ChildProcess(
            [
                Booth.binary, "serve", "--data-dir", directory.path + "/data", "--keys-dir",
                directory.path + "/keys", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
            ],
            environment: environment,
            errors: terminal.path
        )
        let text = terminal.text(of: process) { $0.contains("ready") }
        process.signal(SIGTERM)
        #expect(process.wait(seconds: 12) == .exited(0))
        #expect(text.contains("ready"))
        #expect(text.contains("\u{1B}[") == isColoured, "\(text)")
    }

    @Test
    func `exit codes are those of the manual`() throws {
        let booth = try Booth.current
        let directory = try TemporaryDirectory()
        let file = try directory.file("config.yaml", "nonsense: 1\n")
        let cases: [([String], Int32)] = [
            (["health", "--url", "http://127.0.0.1:\(booth.adminPort)"], 0),
            (["keys", "show", "key_none"], 1),
            (["token", "inspect"], 2), (["keys", "create"], 64), (["config", "check", "--config", file], 78),
            (["health", "--url", "http://127.0.0.1:1"], 69), (["scopes", "create", "a b"], 1), ([], 0),
            (["keys", "nonsense"], 64), (["keys", "list", "-o", "xml"], 64), (["--version"], 0),
        ]
        for (arguments, code) in cases {
            let run = try CommandRun(arguments, booth: booth)
            #expect(run.code == code, "\(arguments): \(run.errors)")
            #expect(code == 0 || run.errors.hasPrefix("Error: "), "\(arguments): \(run.errors)")
        }
    }

    @Test
    func `a refused key says where it came from, and a wrong listener that it is one`() throws {
        let booth = try Booth.current
        let other = "tbk_0123456789ABCDEFGHIJabcdefghij3pQYh7"
        let refused = try CommandRun(["keys", "list"], booth: booth, environment: ["TOKENBOOTH_KEY": other])
        #expect(refused.code == 1 && refused.errors.contains("TOKENBOOTH_KEY"), "\(refused.errors)")
        #expect(!refused.errors.contains(other))
        let stdin = try CommandRun(["keys", "list", "--key-stdin"], booth: booth, input: other + "\n")
        #expect(stdin.code == 1 && stdin.errors.contains("standard input"), "\(stdin.errors)")
        let wrong = try CommandRun(["keys", "list", "--url", booth.issuer], booth: booth)
        #expect(wrong.code == 1 && wrong.errors.contains("admin listener"), "\(wrong.errors)")
    }
}
