import AdminClient
import ArgumentParser
import Primitives

struct ScopesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scopes",
        abstract: "Manage the catalogue of scopes that keys can hold.",
        discussion: """
              tokenbooth scopes create reports:read --description "Read reports"
            """,
        subcommands: [Create.self, List.self, Show.self, Update.self, Delete.self]
    )

    struct Create: CommandBody {
        static let configuration = CommandConfiguration(abstract: "Add a scope.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Letters, digits and . _ : / -, such as reports:read.") var name: String
        @Option(help: "What it permits, in a few words.") var description: String?

        func perform() async throws {
            var body = JSONObject([("name", .string(try SecretArgument.checked(name)))])
            body.add("description", description)
            try await AdminSession.with(options) { [body] session in
                try session.show(try await session.send(.post, ["scopes"], body: body), quietly: "name")
            }
        }
    }

    struct List: CommandBody {
        static let configuration = CommandConfiguration(abstract: "List the scopes.")

        @OptionGroup var options: ClientOptions

        func perform() async throws {
            try await AdminSession.with(options) { session in
                try session.show(
                    try await session.list(["scopes"]),
                    columns: ["name", "description", "built_in"]
                )
            }
        }
    }

    struct Show: CommandBody {
        static let configuration = CommandConfiguration(abstract: "Show one scope.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Its name.") var name: String

        func perform() async throws {
            try await AdminSession.with(options) { session in
                let path = ["scopes", try SecretArgument.checked(name)]
                try session.show(try await session.send(.get, path), quietly: "name")
            }
        }
    }

    struct Update: CommandBody {
        static let configuration = CommandConfiguration(abstract: "Change what a scope says about itself.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Its name.") var name: String
        @Option(help: "What it permits, in a few words.") var description: String

        func perform() async throws {
            try await AdminSession.with(options) { session in
                let patch = JSONObject([("description", .string(description))])
                let path = ["scopes", try SecretArgument.checked(name)]
                try session.show(try await session.send(.patch, path, body: patch), quietly: "name")
            }
        }
    }

    struct Delete: CommandBody {
        static let configuration = CommandConfiguration(abstract: "Remove a scope that nothing uses.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Its name.") var name: String

        func perform() async throws {
            try await AdminSession.with(options) { session in
                let path = ["scopes", try SecretArgument.checked(name)]
                _ = try await session.send(.delete, path)
                try session.showDeleted(name, as: "name", "Deleted \(name).")
            }
        }
    }
}
