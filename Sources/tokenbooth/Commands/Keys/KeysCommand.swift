import AdminClient
import ArgumentParser
import Primitives

struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Make and manage API keys.",
        discussion: """
              tokenbooth keys create --name reports --scope reports:read --audience https://api.example
              tokenbooth keys list --status active --role reader --sort=-created_at
              tokenbooth keys disable key_01jd4m3v3x8t9q2k7c5n6p0w1z
            """,
        subcommands: [
            KeysCreate.self, KeysList.self, Show.self, KeysUpdate.self, KeysRotate.self, Disable.self,
            Enable.self, Delete.self, KeysLookup.self, KeysExport.self, KeysImport.self,
        ]
    )

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
                "Tokens that it got already are refused here at once, and by services that verify offline as soon "
                + "as they have fetched the status list again. Only one that fetches no list takes them until they "
                + "expire."
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
                _ = try await session.send(.delete, path)
                try session.showDeleted(id, as: "id", "Revoked \(id).")
            }
        }
    }
}
