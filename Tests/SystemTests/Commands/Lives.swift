import Primitives
import Testing

/// What every noun of the command line does to its records, from the making to the end.
@Suite("Command line: projects, scopes, audiences and keys from beginning to end", .serialized, .booth)
struct Lives {
    /// What the command printed, without the last line end.
    private func run(_ arguments: String..., code: Int32 = 0) throws -> String {
        let run = try CommandRun(arguments, booth: Booth.current)
        #expect(run.code == code, "\(arguments): \(run.errors)")
        return String(run.output.drop { $0 == "\n" }.prefix { $0 != "\n" })
    }

    private func object(_ arguments: String...) throws -> JSONObject {
        let run = try CommandRun(arguments + ["-o", "json"], booth: Booth.current)
        #expect(run.code == 0, "\(arguments): \(run.errors)")
        return try #require(JSONValue(parsing: Array(run.output.utf8), maximumDepth: 32).object)
    }

    @Test
    func `a project`() throws {
        let made = try object(
            "projects",
            "create",
            "lives",
            "--access-token-ttl",
            "60",
            "--allowed-ip",
            "10.0.0.0/8"
        )
        let id = try #require(made["id"]?.string)
        #expect(id.hasPrefix("prj_") && made["access_token_ttl"]?.integer == 60)
        #expect(try object("projects", "show", "lives")["id"]?.string == id)
        let changed = try object(
            "projects",
            "update",
            "lives",
            "--name",
            "moved",
            "--default-audience",
            "urn:a",
            "--clear",
            "allowed_ips"
        )
        #expect(changed["name"]?.string == "moved" && changed["allowed_ips"]?.array == nil)
        #expect(changed["default_audiences"]?.array?.compactMap(\.string) == ["urn:a"])
        #expect(changed["access_token_ttl"]?.integer == 60)
        _ = try run("projects", "update", "moved", code: 64)
        _ = try run("projects", "create", "moved", code: 1)
        _ = try run("projects", "delete", id)
        _ = try run("projects", "show", id, code: 1)
    }

    @Test
    func `a scope`() throws {
        _ = try run("scopes", "create", "lives:read", "--description", "See lives")
        #expect(try object("scopes", "show", "lives:read")["description"]?.string == "See lives")
        #expect(
            try object("scopes", "update", "lives:read", "--description", "é")["description"]?.string == "é"
        )
        _ = try run("scopes", "delete", "tokens:revoke", code: 1)
        _ = try run("scopes", "delete", "lives:read")
        _ = try run("scopes", "show", "lives:read", code: 1)
    }

    @Test
    func `an audience`() throws {
        let name = "https://lives.example/a?b=c"
        #expect(try object("audiences", "create", name, "--typ", "JWT")["typ"]?.string == "JWT")
        #expect(try object("audiences", "show", name)["typ"]?.string == "JWT")
        let changed = try object("audiences", "update", name, "--typ", "at+jwt", "--alg", "ES256")
        #expect(changed["typ"]?.string == "at+jwt" && changed["alg"]?.string == "ES256")
        _ = try run("audiences", "update", name, "--alg", "HS256", code: 1)
        _ = try run("audiences", "delete", name)
        _ = try run("audiences", "show", name, code: 1)
    }

    @Test
    func `a key`() throws {
        let booth = try Booth.current
        let made = try object("keys", "create", "--name", "lives", "--audience", Booth.audience)
        let (id, secret) = try (#require(made["id"]?.string), #require(made["key"]?.string))
        booth.canaries.add(secret)
        let status = { try booth.token(TokenCall(key: secret)).status }
        #expect(try status() == 200)
        let shown = try object("keys", "show", id)
        #expect(
            shown["name"]?.string == "lives" && shown["key"] == nil && shown["status"]?.string == "active"
        )
        #expect(try object("keys", "disable", id)["status"]?.string == "disabled")
        #expect(try status() == 401)
        #expect(try object("keys", "enable", id)["status"]?.string == "active")
        #expect(try status() == 200)
        _ = try run("keys", "delete", id)
        #expect(try status() == 401)
        #expect(try object("keys", "show", id)["status"]?.string == "revoked")
        _ = try run("keys", "enable", id, code: 1)
        _ = try run("keys", "show", "key_00000000000000000000000000", code: 1)
    }

    @Test
    func `long work says on a terminal how far it is, and nothing where there is none`() throws {
        let booth = try Booth.current
        _ = try booth.makeKey()
        let directory = try TemporaryDirectory()
        let file = directory.path + "/keys.ndjson"
        _ = try run("keys", "export", "--file", file)
        let terminal = try PseudoTerminal(columns: 100)
        let process = try ChildProcess(
            [Booth.binary, "keys", "import", file, "--dry-run"],
            environment: [
                "TOKENBOOTH_URL": "http://127.0.0.1:\(booth.adminPort)", "TOKENBOOTH_KEY": booth.rootKey,
            ],
            output: directory.path + "/out",
            errors: terminal.path
        )
        let drawn = terminal.text(of: process)
        #expect(process.poll() == .exited(0))
        #expect(drawn.contains("\rChecking: ") && drawn.contains(" keys"), "\(drawn)")
        let silent = try CommandRun(["keys", "import", file, "--dry-run"], booth: booth)
        #expect(silent.code == 0 && silent.errors.isEmpty, "\(silent.errors)")
    }
}
