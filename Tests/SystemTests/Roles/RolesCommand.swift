import Primitives
import Testing

@Suite("tokenbooth roles, groups and keys list", .serialized, .booth)
struct RolesCommand {
    /// - Returns: How it ended, and what it printed to standard output.
    private func run(_ arguments: String...) throws -> (ending: ChildProcess.Ending?, output: String) {
        let booth = try Booth.current
        let directory = try TemporaryDirectory()
        let process = try ChildProcess(
            [Booth.binary] + arguments,
            environment: [
                "TOKENBOOTH_KEY": booth.rootKey, "TOKENBOOTH_URL": "http://127.0.0.1:\(booth.adminPort)",
            ],
            output: directory.path + "/output"
        )
        return (process.wait(seconds: 20), directory.text(of: "output"))
    }

    private func lines(_ arguments: (ending: ChildProcess.Ending?, output: String)) -> [String] {
        #expect(arguments.ending == .exited(0), "\(arguments.output)")
        return arguments.output.split(separator: "\n").map(String.init)
    }

    @Test
    func `roles and groups are made, given, found and deleted`() throws {
        let booth = try Booth.current
        try booth.makeScope("charts:read")
        let role = try #require(
            lines(run("roles", "create", "charts", "--scope", "charts:read", "--description", "d", "-q"))
                .first
        )
        #expect(role.hasPrefix("rol_"))
        let group = try #require(lines(run("groups", "create", "charts/eu", "-q")).first)
        #expect(group.hasPrefix("grp_"))
        let secret = try #require(
            lines(
                run(
                    "keys",
                    "create",
                    "--name",
                    "charts",
                    "--role",
                    "charts",
                    "--group",
                    group,
                    "--allowed-referrer",
                    "https://app.example",
                    "-q"
                )
            ).first
        )
        booth.canaries.add(secret)
        for filter in [
            ["--role", "charts"], ["--group", "charts/eu"], ["--scope", "charts:read"],
            ["--name-prefix", "cha"],
        ] {
            let found = try run("keys", "list", filter[0], filter[1], "--sort=-name", "-o", "json")
            let items = try JSONValue(parsing: Array(found.output.utf8)).object?["items"]?.array
            #expect(items?.compactMap { $0.object?["name"]?.string } == ["charts"], "\(filter)")
            let key = items?.first?.object
            #expect(key?["roles"]?.array?.compactMap(\.string) == ["charts"])
            #expect(key?["allowed_referrers"]?.array?.compactMap(\.string) == ["https://app.example"])
        }
        #expect(try run("keys", "list", "--sort", "digest").ending == .exited(1))
        #expect(try run("roles", "delete", "charts").ending == .exited(1))
        #expect(try lines(run("roles", "update", "charts", "--name", "graphs", "-q")) == [role])
        #expect(
            try lines(run("roles", "list")).contains { $0.contains("graphs") && $0.contains("charts:read") }
        )
        #expect(try lines(run("groups", "show", "charts/eu")).contains { $0.contains(group) })
        #expect(try run("groups", "update", "charts/eu").ending == .exited(64))
        let id = try #require(lines(run("keys", "list", "--role", role, "-q")).first)
        _ = try lines(run("keys", "update", id, "--clear", "roles", "--clear", "groups"))
        _ = try lines(run("roles", "delete", "graphs"))
        _ = try lines(run("groups", "delete", "charts/eu"))
        #expect(try lines(run("roles", "list", "-q")).isEmpty)
    }
}
