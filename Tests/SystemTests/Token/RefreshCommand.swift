import Glibc
import Primitives
import Testing

@Suite("tokenbooth token exchange: refresh tokens", .serialized, .booth)
struct RefreshCommand {
    /// - Returns: How it ended, and what it printed to standard output.
    private func run(
        _ arguments: [String],
        _ key: MadeKey,
        environment: [String: String] = [:],
        input: String = ""
    ) throws -> (ending: ChildProcess.Ending?, output: String) {
        let booth = try Booth.current
        let directory = try TemporaryDirectory()
        let process = try ChildProcess(
            [Booth.binary, "token", "exchange"] + arguments,
            environment: environment.merging([
                "TOKENBOOTH_KEY": key.secret, "TOKENBOOTH_ISSUER": booth.issuer,
            ]) {
                $1
            },
            input: try directory.file("input", input),
            output: directory.path + "/output"
        )
        return (process.wait(seconds: 20), directory.text(of: "output"))
    }

    private func refreshToken(_ text: String) throws -> String {
        let object = try JSONValue(parsing: Array(text.utf8)).object
        let token = try #require(object?["refresh_token"]?.string)
        try Booth.current.canaries.add(token)
        return token
    }

    @Test
    func `a refresh token is shown, and taken from a file, standard input or the environment`() throws {
        let booth = try Booth.current
        let key = try booth.makeRefreshingKey()
        let directory = try TemporaryDirectory()
        var token = try refreshToken(run(["-o", "json"], key).output)
        let file = try directory.file("refresh.token", token + "\n")
        token = try refreshToken(run(["--refresh-token-file", file, "-o", "json"], key).output)
        token = try refreshToken(run(["--refresh-token-file", "-", "-o", "json"], key, input: token).output)
        let table = try run(
            ["--grant-type", "refresh_token", "--scope", "read"],
            key,
            environment: ["TOKENBOOTH_REFRESH_TOKEN": token]
        )
        #expect(table.ending == .exited(0))
        let line = table.output.split(separator: "\n").first { $0.contains("refresh_token") }
        #expect(line?.contains("tbr_") == true)
        #expect(table.output.contains("scope"))
        let quiet = try run(["-q"], key)
        #expect(quiet.output.hasPrefix("eyJ") && !quiet.output.contains("tbr_"))
    }

    @Test
    func `what cannot be a refresh token is not sent, and none is taken as an argument`() throws {
        let booth = try Booth.current
        let key = try booth.makeRefreshingKey()
        let token = try booth.exchanged(key)
        let directory = try TemporaryDirectory()
        let open = try directory.file("open", token, mode: 0o644)
        for (arguments, status) in [
            (["--grant-type", "refresh_token"], 64), (["--refresh-token-file", token], 64),
            (["--refresh-token-file", open], 78),
            (["--grant-type", "client_credentials", "--refresh-token-file", open], 64),
            (["--refresh-token-file", "-"], 64),
        ] as [([String], Int32)] {
            let result = try run(arguments, key)
            #expect(result.ending == .exited(status) && result.output.isEmpty, "\(arguments.prefix(2))")
        }
        _ = try booth.refreshToken(booth.refresh(token, key))
    }
}
