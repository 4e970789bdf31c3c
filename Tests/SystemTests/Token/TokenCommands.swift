import Primitives
import Testing

@Suite("tokenbooth token verify, introspect and revoke", .serialized, .booth)
struct TokenCommands {
    /// - Parameter input: Standard input.
    /// - Returns: How it ended, and what it printed to standard output and standard error.
    private func run(
        _ arguments: [String],
        as key: MadeKey? = nil,
        input: String = ""
    ) throws -> (ending: ChildProcess.Ending?, output: String, errors: String) {
        let booth = try Booth.current
        let directory = try TemporaryDirectory()
        var environment = ["TOKENBOOTH_ISSUER": booth.issuer]
        environment["TOKENBOOTH_KEY"] = key?.secret
        let process = try ChildProcess(
            [Booth.binary, "token"] + arguments,
            environment: environment,
            input: try directory.file("input", input),
            output: directory.path + "/output",
            errors: directory.path + "/errors"
        )
        let ending = process.wait(seconds: 20)
        return (ending, directory.text(of: "output"), directory.text(of: "errors"))
    }

    private func object(_ text: String) throws -> JSONObject {
        try #require(JSONValue(parsing: Array(text.utf8)).object)
    }

    // MARK: verify

    @Test
    func `verify accepts a token of the issuer, from standard input or a file, without an API key`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        let token = try booth.accessToken(key)
        let directory = try TemporaryDirectory()
        let file = try directory.file("token.jwt", token + "\n")
        for (arguments, input) in [(["verify", "-o", "json"], token), (["verify", file, "-o", "json"], "")] {
            let result = try run(arguments + ["--audience", Booth.audience], input: input)
            #expect(result.ending == .exited(0), "\(result.errors)")
            let report = try object(result.output)
            #expect(report["verified"]?.bool == true)
            #expect(report["claims"]?.object?["client_id"]?.string == key.id)
            #expect(report["header"]?.object?["typ"]?.string == "at+jwt")
        }
        let table = try run(["verify"], input: token)
        #expect(table.ending == .exited(0) && table.output.contains(key.id))
    }

    @Test
    func `verify refuses what is changed, for another audience, of another issuer or no token`() throws {
        let booth = try Booth.current
        let token = try booth.accessToken(booth.makeKey())
        let parts = token.split(separator: ".").map(String.init)
        let first = parts[2].hasPrefix("A") ? "B" : "A"
        let forged = "\(parts[0]).\(parts[1]).\(first)\(parts[2].dropFirst())"
        for (arguments, input) in [
            ([], forged), (["--audience", Booth.audience + "/"], token), ([], "\(parts[0]).\(parts[1])."),
            ([], "nonsense"), ([], ""), ([], "tbr_" + String(repeating: "A", count: 56)),
        ] as [([String], String)] {
            let result = try run(["verify"] + arguments, input: input)
            #expect(result.ending == .exited(2) && result.output.isEmpty, "\(arguments)")
            #expect(!result.errors.isEmpty)
        }
        let elsewhere = "http://localhost:\(booth.publicPort)"
        let other = try run(["verify", "--issuer", elsewhere], input: token)
        #expect(other.ending != .exited(0) && other.output.isEmpty)
    }

    // MARK: introspect

    @Test
    func `introspect says what the issuer says, and ends with 2 when it is not active`() throws {
        let booth = try Booth.current
        let (key, stranger) = (try booth.makeKey(), try booth.makeKey())
        let token = try booth.accessToken(key)
        let active = try run(["introspect", "-o", "json"], as: key, input: token)
        #expect(active.ending == .exited(0), "\(active.errors)")
        let answer = try object(active.output)
        #expect(answer["active"]?.bool == true && answer["client_id"]?.string == key.id)
        let table = try run(["introspect"], as: key, input: token)
        #expect(table.ending == .exited(0) && table.output.contains("client_id"))
        let hidden = try run(["introspect", "-o", "json"], as: stranger, input: token)
        #expect(hidden.ending == .exited(2))
        #expect(try object(hidden.output)["active"]?.bool == false)
        #expect(try object(hidden.output).members.count == 1)
    }

    // MARK: revoke

    @Test
    func `revoke ends an access token for every introspection, and again without a complaint`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        let (token, other) = (try booth.accessToken(key), try booth.accessToken(key))
        for _ in 0..<2 { #expect(try run(["revoke"], as: key, input: token).ending == .exited(0)) }
        #expect(try !booth.isActive(token, for: key))
        #expect(try booth.isActive(other, for: key))
        #expect(try run(["introspect"], as: key, input: token).ending == .exited(2))
        // Offline nobody can know: the signature is as good as ever.
        #expect(try run(["verify"], input: token).ending == .exited(0))
        #expect(try run(["revoke", "-q"], as: key, input: other).output.isEmpty)
        #expect(try !booth.isActive(other, for: key))
    }

    @Test
    func `revoke ends a refresh token with its family, and nobody else's`() throws {
        let booth = try Booth.current
        let (key, stranger) = (try booth.makeRefreshingKey(), try booth.makeKey())
        let token = try booth.exchanged(key)
        _ = try run(["revoke"], as: stranger, input: token)
        #expect(try booth.isActive(token, for: key))
        let directory = try TemporaryDirectory()
        let file = try directory.file("refresh.token", token)
        #expect(try run(["revoke", file], as: key).ending == .exited(0))
        #expect(try !booth.isActive(token, for: key))
        #expect(try booth.refresh(token, key).error == "invalid_grant")
    }

    @Test
    func `revoke ends a leaked API key, which proves itself`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        let directory = try TemporaryDirectory()
        let file = try directory.file("leaked.key", key.secret + "\n")
        // By mistake: without the flag an API key is refused, and stays.
        let mistaken = try run(["revoke", file], as: key)
        #expect(mistaken.ending == .exited(1) && mistaken.errors.contains("API key"), "\(mistaken.errors)")
        #expect(try booth.token(TokenCall(key: key.secret)).status == 200)
        for wrong in [String(key.secret.dropLast()), "my key: \(key.secret)"] {
            let refused = try run(["revoke", "--api-key"], input: wrong)
            #expect(refused.ending == .exited(64) && refused.errors.contains("no whole API key"))
            #expect(
                refused.output.isEmpty && !refused.errors.contains("tbk_" + key.secret.dropFirst(4).prefix(8))
            )
        }
        #expect(try booth.token(TokenCall(key: key.secret)).status == 200)
        let revoked = try run(["revoke", "--api-key", file])
        #expect(revoked.ending == .exited(0) && revoked.output.contains("an API key of this issuer"))
        #expect(try booth.token(TokenCall(key: key.secret)).status == 401)
    }

    @Test
    func `no token is taken as an argument, nor repeated`() throws {
        let booth = try Booth.current
        let key = try booth.makeRefreshingKey()
        let tokens = [try booth.accessToken(key), try booth.exchanged(key), key.secret]
        for command in ["verify", "introspect", "revoke"] {
            for token in tokens {
                let result = try run([command, token], as: command == "verify" ? nil : key)
                #expect(result.ending == .exited(64), "\(command)")
                #expect(!(result.output + result.errors).contains(token))
            }
        }
        #expect(try booth.isActive(tokens[0], for: key))
    }
}
