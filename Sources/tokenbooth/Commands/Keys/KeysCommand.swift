import AdminClient
import ArgumentParser
import Primitives

struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Make and manage API keys.",
        discussion: """
              tokenbooth keys create --name reports --scope reports:read --audience https://api.example
              tokenbooth keys list --status active
              tokenbooth keys disable key_01jd4m3v3x8t9q2k7c5n6p0w1z
            """,
        subcommands: [
            KeysCreate.self, List.self, Show.self, KeysUpdate.self, KeysRotate.self, Disable.self,
            Enable.self,
            Delete.self, KeysLookup.self, KeysExport.self, KeysImport.self,
        ]
    )

    struct List: CommandBody {
        static let configuration = CommandConfiguration(abstract: "List the keys that you may see.")

        @OptionGroup var options: ClientOptions

        @Option(help: "Only keys with this status: active, disabled, expired or revoked.")
        var status: String?

        @Option(help: ArgumentHelp("Only keys of this project, by id or name.", valueName: "project"))
        var project: String?

        @Option(help: "Only keys of exactly this name.")
        var name: String?

        @Flag(help: "Revoked keys too.")
        var includeRevoked = false

        func perform() async throws {
            try await AdminSession.with(options) { session in
                var query: [(String, String)] = []
                if let status { query.append(("status", status)) }
                if let project { query.append(("project", project)) }
                if let name { query.append(("name", name)) }
                if includeRevoked { query.append(("include_revoked", "true")) }
                let keys = try await session.list(["keys"], query: query)
                try session.show(
                    keys,
                    columns: ["id", "name", "hint", "status", "scopes", "audiences", "expires_at"]
                )
            }
        }
    }

    struct Show: CommandBody {
        static let configuration = CommandConfiguration(abstract: "Show one key.")

        @OptionGroup var options: ClientOptions
        @Argument(help: ArgumentHelp("The key's id.", valueName: "id")) var id: String

        func perform() async throws {
            try await AdminSession.with(options) { session in
                try session.show(
                    try await session.send(.get, ["keys", try SecretArgument.checked(id)]),
                    quietly: "id"
                )
            }
        }
    }

    struct Disable: CommandBody {
        static let configuration = CommandConfiguration(
            abstract: "Suspend a key; `enable` brings it back.",
            discussion:
                "Tokens that it got already live on until they expire, for verifiers that work offline."
        )

        @OptionGroup var options: ClientOptions
        @Argument(help: ArgumentHelp("The key's id.", valueName: "id")) var id: String

        func perform() async throws {
            try await AdminSession.with(options) { session in
                let path = ["keys", try SecretArgument.checked(id), "disable"]
                try session.showIfAny(try await session.send(.post, path), else: "Disabled \(id).")
            }
        }
    }

    struct Enable: CommandBody {
        static let configuration = CommandConfiguration(abstract: "Bring back a key that was disabled.")

        @OptionGroup var options: ClientOptions
        @Argument(help: ArgumentHelp("The key's id.", valueName: "id")) var id: String

        func perform() async throws {
            try await AdminSession.with(options) { session in
                let path = ["keys", try SecretArgument.checked(id), "enable"]
                try session.showIfAny(try await session.send(.post, path), else: "Enabled \(id).")
            }
        }
    }

    struct Delete: CommandBody {
        static let configuration = CommandConfiguration(
            abstract: "Revoke a key for good; it stays in the records as revoked."
        )

        @OptionGroup var options: ClientOptions
        @Argument(help: ArgumentHelp("The key's id.", valueName: "id")) var id: String

        func perform() async throws {
            try await AdminSession.with(options) { session in
                let path = ["keys", try SecretArgument.checked(id)]
                try session.showIfAny(try await session.send(.delete, path), else: "Revoked \(id).")
            }
        }
    }
}
