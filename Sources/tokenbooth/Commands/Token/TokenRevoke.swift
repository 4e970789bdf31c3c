import AdminClient
import ArgumentParser
import OAuth

struct TokenRevoke: CommandBody {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Revoke an access token, a refresh token, or a leaked API key.",
        discussion: """
            The token is read from standard input or a file, for it is a secret. A refresh token ends with every access
            token that it got. An API key is its own proof; it is revoked for good.

              tokenbooth token revoke access.token
              tokenbooth token revoke --api-key leaked.key
            """
    )

    @OptionGroup var options: IssuerOptions

    @Argument(help: "A file; standard input when it is - or left out.") var file: String?

    @Flag(help: "The token is an API key: revoke the key itself.")
    var apiKey = false

    @Option(name: .shortAndLong, help: "table or json.")
    var output = OutputFormat.table

    @Flag(name: .shortAndLong, help: "Print nothing.")
    var quiet = false

    func perform() async throws {
        let server = try options.server()
        let token = try TokenArgument.read(file, keyFromInput: options.credentials.keyStdin && !apiKey)
        if apiKey { _ = try TokenArgument.wholeAPIKey(token) }
        let key = apiKey ? nil : try options.credentials.credential(for: server)
        let response = try await options.with(server) { client in
            try await client.present(
                token,
                hint: apiKey ? TokenType.apiKey : nil,
                to: "revocation_endpoint",
                as: key
            )
        }
        guard response.isSuccess else {
            throw CommandFailure(.refused, AdminSession.refusal(response))
        }
        guard !quiet else { return }
        // RFC 7009 §2.2: the answer is the same for a token that nobody knows.
        try Terminal.print(
            output == .json
                ? #"{"accepted":true}"#
                : "Revoked, if it was \(apiKey ? "an API key" : "a token") of this issuer."
        )
    }
}

struct TokenIntrospect: CommandBody {
    static let configuration = CommandConfiguration(
        commandName: "introspect",
        abstract: "Ask the issuer whether a token is still honoured, and what it says.",
        discussion: """
            The token is read from standard input or a file, for it is a secret. Exit 2 when it is not active, or not for
            this key to see.

              tokenbooth token exchange -q | tokenbooth token introspect -o json
            """
    )

    @OptionGroup var options: IssuerOptions

    @Argument(help: "A file; standard input when it is - or left out.") var file: String?

    @Option(name: .shortAndLong, help: "table or json.")
    var output = OutputFormat.table

    @Flag(name: .shortAndLong, help: "Print nothing; the exit code says it.")
    var quiet = false

    func perform() async throws {
        let server = try options.server()
        let token = try TokenArgument.read(file, keyFromInput: options.credentials.keyStdin)
        let key = try options.credentials.credential(for: server)
        let response = try await options.with(server) { client in
            try await client.present(token, hint: nil, to: "introspection_endpoint", as: key)
        }
        guard response.isSuccess, let object = response.json?.object else {
            throw CommandFailure(.refused, AdminSession.refusal(response))
        }
        if !quiet {
            try Terminal.print(
                output == .json
                    ? AdminSession.oneLine(response.body)
                    : Table(object).lines(width: Terminal.width).joined(separator: "\n")
            )
        }
        if object["active"]?.bool != true { throw CommandFailure(.wrong, "") }
    }
}
