import Glibc
import Primitives
import Testing

/// What holds for every command, and not for lists alone.
@Suite("Command line: the same options everywhere", .serialized, .booth)
struct Everywhere {
    /// What has neither `-o` nor `-q`, and why.
    private static let bare = [
        "serve": "prints what a person needs to begin with, and logs in the format that --log-format says",
        "completion": "prints a script for a shell",
        "manual": "prints a page for man",
    ]

    @Test
    func `every command has -o and -q, save those whose reason is written down`() throws {
        let leaves = try CommandList.leaves()
        for command in leaves {
            let name = command.path.joined(separator: " ")
            let isWhole =
                command.options.contains("--output") && command.flags.contains("--quiet")
                && command.letters.contains("o") && command.letters.contains("q")
            #expect(isWhole == (Self.bare[name] == nil), "\(name)")
        }
        for name in Self.bare.keys { #expect(leaves.contains { $0.path == [name] }, "\(name)") }
    }

    /// The nouns, each with its verbs, that were promised.
    private static let promised = [
        "serve": "", "keys": "create list show update rotate disable enable delete lookup export import",
        "projects": "create list show update delete", "scopes": "create list show update delete",
        "audiences": "create list show update delete", "roles": "create list show update delete",
        "groups": "create list show update delete", "signing-keys": "list rotate revoke",
        "token": "exchange inspect verify revoke introspect", "audit": "list verify", "usage": "",
        "db": "backup check", "config": "check show", "health": "", "completion": "",
    ]

    @Test
    func `no noun and no verb that was promised has gone`() throws {
        let paths = Set(try CommandList.leaves().map(\.path))
        for (noun, verbs) in Self.promised {
            if verbs.isEmpty { #expect(paths.contains([noun]), "\(noun)") }
            for verb in verbs.split(separator: " ") {
                #expect(paths.contains([noun, String(verb)]), "\(noun) \(verb)")
            }
        }
    }

    /// - Parameter key: Whose command it is; the root key's when `nil`.
    private func run(_ arguments: [String], as key: MadeKey? = nil, input: String = "", code: Int32 = 0)
        throws
        -> String
    {
        let environment = key.map { ["TOKENBOOTH_KEY": $0.secret] } ?? [:]
        let run = try CommandRun(arguments, booth: Booth.current, environment: environment, input: input)
        #expect(run.code == code, "\(arguments): \(run.errors)")
        return run.output
    }

    /// One line, which is an object.
    private func object(_ arguments: [String], as key: MadeKey? = nil, input: String = "") throws
        -> JSONObject
    {
        let output = try run(arguments + ["-o", "json"], as: key, input: input)
        #expect(output.split(separator: "\n").count == 1, "\(arguments): \(output)")
        return try #require(JSONValue(parsing: Array(output.utf8), maximumDepth: 32).object)
    }

    @Test
    func `what is deleted is named`() throws {
        for noun in ["projects", "scopes", "audiences", "roles", "groups"] {
            for (name, isQuiet) in [("urn:gone:a", false), ("urn:gone:b", true)] {
                let made = try object([noun, "create", name])
                let id = made["id"]?.string ?? name
                if isQuiet {
                    #expect(try run([noun, "delete", name, "-q"]) == (noun == "projects" ? id : name) + "\n")
                    continue
                }
                let gone = try object([noun, "delete", noun == "roles" || noun == "groups" ? id : name])
                #expect(gone[made["id"] == nil ? "name" : "id"]?.string == id, "\(noun)")
                #expect(gone["deleted"]?.bool == true && gone.members.count == 2, "\(noun)")
            }
            let missing = try CommandRun([noun, "delete", "urn:gone:a", "-o", "json"], booth: Booth.current)
            #expect(missing.code == 1 && missing.output.isEmpty, "\(noun)")
        }
        let id = try Booth.current.makeKey().id
        #expect(try object(["keys", "delete", id])["id"]?.string == id)
        #expect(try run(["keys", "delete", Booth.current.makeKey().id, "-q"]).hasPrefix("key_"))
    }

    @Test
    func `tokens and settings are told in JSON, or by no more than a name`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        let token = try booth.accessToken(key)
        let claims = try Forge.claims(of: token)
        let inspected = try object(["token", "inspect"], input: token)
        #expect(inspected["claims"]?.object?["jti"]?.string == claims["jti"]?.string)
        let quiet = try CommandRun(["token", "inspect", "-q"], input: token)
        #expect(quiet.output == (claims["jti"]?.string ?? "") + "\n" && quiet.errors.isEmpty)
        #expect(try run(["token", "inspect", "-q"], input: "e30.e30.") == "")
        for verb in ["verify", "introspect"] {
            #expect(try run(["token", verb, "-q"], as: key, input: token) == "", "\(verb)")
        }
        #expect(try object(["token", "revoke"], as: key, input: token)["accepted"]?.bool == true)
        #expect(try run(["token", "introspect", "-q"], as: key, input: token, code: 2) == "")
        #expect(try run(["token", "revoke", "-q"], as: key, input: token) == "")

        let valid = try object(["config", "check"])
        #expect(valid["valid"]?.bool == true && valid["warnings"]?.array != nil)
        #expect(try run(["config", "check", "-q"]) == "")
        let names = try run(["config", "show", "-q"]).split(separator: "\n").map(String.init)
        #expect(try object(["config", "show"]).members.map(\.name) == names)
    }

    @Test
    func `a list is as long as --limit says, and usage can be told by its keys`() throws {
        let booth = try Booth.current
        let keys = try (0..<3).map { _ in try booth.makeKey() }
        for key in keys { #expect(try booth.token(TokenCall(key: key.secret)).status == 200) }
        let counted: Bool? = eventually(seconds: 12) {
            usleep(200_000)
            let text = try? booth.admin("GET", "usage").text
            return keys.allSatisfy { text?.contains($0.id) == true } ? true : nil
        }
        #expect(counted == true)
        for list in [["keys", "list"], ["usage"], ["audit", "list"]] {
            #expect(try object(list + ["--limit", "2"])["items"]?.array?.count == 2, "\(list)")
            let all = try object(list + ["--limit", "0"])["items"]?.array?.count ?? 0
            #expect(all > 2, "\(list)")
            #expect(try run(list + ["--limit", "100000", "-q"]).split(separator: "\n").count == all)
            #expect(try run(list + ["--limit=-1"], code: 64) == "")
        }
        let used = try run(["usage", "-q"]).split(separator: "\n")
        #expect(keys.allSatisfy { key in used.contains { $0 == key.id } })
    }

    @Test(arguments: [["keys", "list"], ["usage"]])
    func `a long list says on a terminal how far it is`(command: [String]) throws {
        let stranger = try Impostor { request, _ in
            let isSecond = request.contains("cursor=second")
            let next = isSecond ? "null" : "\"second\""
            return Impostor.response("200 OK", "{\"items\":[{},{}],\"next_cursor\":\(next)}")
        }
        let directory = try TemporaryDirectory()
        let terminal = try PseudoTerminal(columns: 100)
        let process = try ChildProcess(
            [Booth.binary] + command + ["-o", "json"],
            environment: [
                "TOKENBOOTH_URL": stranger.url, "TOKENBOOTH_KEY": "tbk_0123456789ABCDEFGHIJabcdefghij3pQYh7",
            ],
            output: directory.path + "/out",
            errors: terminal.path
        )
        let drawn = terminal.text(of: process)
        #expect(process.poll() == .exited(0))
        #expect(drawn.contains("\rReading: 2 ") && drawn.hasSuffix("\r"), "\(drawn)")
        #expect(directory.text(of: "out") == "{\"items\":[{},{},{},{}]}\n")
    }

    @Test
    func `that nobody may come from anywhere can be said, and taken back`() throws {
        let booth = try Booth.current
        let made = try object(
            ["keys", "create", "--name", "closed", "--allowed-ip", "none", "--allowed-referrer", "none"]
        )
        booth.canaries.add(try #require(made["key"]?.string))
        let id = try #require(made["id"]?.string)
        let fields = ["allowed_ips", "allowed_referrers"]
        for field in fields { #expect(made[field]?.array?.isEmpty == true, "\(field)") }
        let open = try object(["keys", "update", id] + fields.flatMap { ["--clear", $0] })
        for field in fields { #expect(open[field] != nil && open[field]?.array == nil, "\(field)") }
        let closed = try object(["keys", "update", id, "--allowed-ip", "none"])
        #expect(closed["allowed_ips"]?.array?.isEmpty == true)
        let project = try object(["projects", "create", "closed", "--allowed-ip", "none"])
        #expect(project["allowed_ips"]?.array?.isEmpty == true)
        for command in [["keys", "update", id], ["projects", "update", "closed"]] {
            _ = try run(command + ["--allowed-ip", "none", "--allowed-ip", "192.0.2.1"], code: 64)
        }
    }
}
