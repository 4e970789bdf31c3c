import ArgumentParser
import Primitives

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The command line: noun, then verb.
@main
struct Tokenbooth: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenbooth",
        abstract: "Exchanges long-lived API keys for short-lived signed access tokens.",
        discussion: """
            Start a server, make a key, get a token:

              tokenbooth serve --dev
              tokenbooth scopes create reports:read --description "Read reports"
              tokenbooth keys create --name reports --scope reports:read --audience https://api.example
              TOKENBOOTH_KEY=tbk_... tokenbooth token exchange --scope reports:read

            Environment of the client commands:
              TOKENBOOTH_URL       admin listener (http://127.0.0.1:8081)
              TOKENBOOTH_ISSUER    issuer, for `token` (http://127.0.0.1:8080)
              TOKENBOOTH_KEY       the API key, or
              TOKENBOOTH_KEY_FILE  a file that holds it, mode 0600
              TOKENBOOTH_CA_CERT   certificates to trust in place of the system's, PEM
            Without a key the root key file is used, for a server on this machine only.

            Exit codes: 0 done, 1 refused or failed, 2 wrong token or check, 64 usage, 69 server unreachable,
            78 configuration.
            """,
        version: Server.version,
        subcommands: [
            ServeCommand.self, KeysCommand.self, ProjectsCommand.self, ScopesCommand.self,
            AudiencesCommand.self, SigningKeysCommand.self,
            TokenCommand.self, DatabaseCommand.self, ConfigCommand.self, HealthCommand.self,
            CompletionCommand.self,
        ]
    )

    static func main() async {
        Libcrypto.keepUntilTheEnd()
        // A reader that goes away shows as an error of `write`, not as a silent end.
        _ = signal(SIGPIPE, SIG_IGN)
        await main(nil)
    }
}
