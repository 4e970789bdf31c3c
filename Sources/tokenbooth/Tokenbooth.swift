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
        discussion: HelpText.root,
        version: Server.version,
        subcommands: [
            ServeCommand.self, KeysCommand.self, ProjectsCommand.self, ScopesCommand.self,
            RolesCommand.self, GroupsCommand.self, AudiencesCommand.self, SigningKeysCommand.self,
            UsageCommand.self, TokenCommand.self, AuditCommand.self, DatabaseCommand.self,
            ConfigCommand.self, HealthCommand.self, CompletionCommand.self, ManualCommand.self,
        ]
    )

    static func main() async {
        StandardDescriptors.occupy()
        Libcrypto.keepUntilTheEnd()
        // A reader that goes away shows as an error of `write`, not as a silent end.
        _ = signal(SIGPIPE, SIG_IGN)
        do {
            try await CommandExit.reporting {
                try SecretArgument.refuse(in: CommandLine.arguments.dropFirst())
            }
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            CommandExit.leave(error)
        }
    }
}
