import Testing

@Suite("Command line: every command")
struct EveryCommand {
    /// Well-formed, and of no server.
    private static let key = "tbk_0123456789ABCDEFGHIJabcdefghij3pQYh7"
    private static let secrets = [
        key, "tbr_" + String(repeating: "0aZ-_", count: 11) + "x",
        "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJrZXlfMDEifQ.c2lnbmF0dXJlc2lnbmF0dXJl",
    ]

    @Test
    func `help says what it does, how it is called, and shows an example`() throws {
        for command in try CommandList.leaves() {
            let help = try CommandRun(command.path + ["--help"])
            #expect(help.code == 0 && help.errors.isEmpty, "\(command.path)")
            #expect(help.output.contains("OVERVIEW: ") && help.output.contains("USAGE: tokenbooth"))
            let noun = try CommandRun(command.path.prefix(1) + ["--help"])
            #expect(noun.code == 0)
            #expect(
                (help.output + noun.output).contains("\n  tokenbooth \(command.path[0])"),
                "\(command.path)"
            )
        }
    }

    @Test
    func `an option that does not exist is a usage error, said on standard error`() throws {
        for command in try CommandList.leaves() {
            let run = try CommandRun(command.path + ["--no-such-option"])
            #expect(run.code == 64, "\(command.path): \(run.errors)")
            #expect(run.output.isEmpty && run.errors.hasPrefix("Error: "), "\(command.path): \(run.errors)")
            #expect(run.errors.contains("--help"), "\(command.path): \(run.errors)")
        }
    }

    // threats: CLI-01
    @Test
    func `a secret as an argument is refused wherever it stands, and not repeated`() throws {
        for command in try CommandList.leaves() {
            for secret in command.path == ["keys", "show"] ? Self.secrets : [Self.key] {
                var lines = [[secret], ["-" + secret], ["--", secret]]
                lines += command.options.prefix(3).map { ["\($0)=\(secret)"] }
                lines += command.options.suffix(1).map { [$0, "name-" + secret] }
                for arguments in lines {
                    let run = try CommandRun(command.path + arguments)
                    #expect(run.code == 64, "\(command.path) \(arguments.first?.prefix(12) ?? "")")
                    #expect(run.output.isEmpty && run.errors.contains("standard input"), "\(command.path)")
                    #expect(!run.errors.contains(secret.suffix(20)), "\(command.path)")
                }
            }
        }
    }

    @Test
    func `what only begins like a secret is a name`() throws {
        for name in ["tbk_rotation", "eyJ.a.b", "a_tbr_b", "reports.eyJ.v1"] {
            // Whoever has run the service here has a root key at the default place.
            let run = try CommandRun(
                ["scopes", "create", "x", "--description", name],
                environment: ["TOKENBOOTH_KEYS_DIR": "/nowhere"]
            )
            #expect(run.code == 64 && run.errors.contains("no API key"), "\(run.errors)")
        }
    }

    // threats: CLI-01
    @Test
    func `an argument cannot steer the terminal that it is repeated on`() throws {
        for argument in ["--\u{1B}[2J", "\u{202E}gpj.exe", "a\u{9B}31m", "x\r\nError: y"] {
            for path in [[], ["keys"], ["keys", "show", "a"], ["completion"]] {
                let run = try CommandRun(path + [argument])
                #expect(run.code == 64)
                let isPlain = (run.output + run.errors).unicodeScalars.allSatisfy {
                    $0 == "\n" || $0.properties.generalCategory != .control && $0 != "\u{202E}"
                }
                #expect(isPlain, "\(path)")
            }
        }
    }

    @Test
    func `without a server every list is exit 69, and says where it was looked for`() throws {
        let lists = try CommandList.leaves().filter { $0.path.last == "list" }
        #expect(lists.count > 4)
        for command in lists {
            let run = try CommandRun(command.path, environment: ["TOKENBOOTH_KEY": Self.key])
            #expect(run.code == 69 && run.output.isEmpty, "\(command.path): \(run.errors)")
            #expect(run.errors.contains("http://127.0.0.1:1"), "\(run.errors)")
        }
    }

    @Test
    func `without a key it is a usage error that says how to give one`() throws {
        for command in try CommandList.leaves() where command.path.last == "list" {
            let run = try CommandRun(command.path, environment: ["TOKENBOOTH_KEYS_DIR": "/nonexistent"])
            #expect(run.code == 64 && run.output.isEmpty, "\(command.path): \(run.errors)")
            for way in ["TOKENBOOTH_KEY", "TOKENBOOTH_KEY_FILE", "--key-file", "--key-stdin"] {
                #expect(run.errors.contains(way), "\(run.errors)")
            }
        }
    }

    // threats: CLI-01
    @Test(arguments: [0o644, 0o640, 0o604, 0o620])
    func `a key file that others may read or write is refused`(mode: Int) throws {
        let directory = try TemporaryDirectory()
        let file = try directory.file("api.key", Self.key + "\n", mode: mode)
        for arguments in [["--key-file", file], []] {
            let run = try CommandRun(
                ["keys", "list"] + arguments,
                environment: ["TOKENBOOTH_KEY_FILE": file]
            )
            #expect(run.code == 78 && run.errors.contains("chmod 600"), "\(run.errors)")
            #expect(!run.errors.contains(Self.key))
        }
    }
}
