import AdminClient
import ArgumentParser
import OAuth
import Primitives

struct RolesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "roles",
        abstract: "Manage roles: names in tokens that bring scopes.",
        discussion: """
              tokenbooth roles create reader --scope reports:read --description "Reads reports"
              tokenbooth keys update key_01jd4m3v3x8t9q2k7c5n6p0w1z --role reader
            """,
        subcommands: [Create.self, List.self, Show.self, Update.self, Delete.self]
    )

    struct Fields: ParsableArguments {
        @Option(help: "What it is for, in a few words.") var description: String?

        @Option(
            name: .customLong("scope"),
            help: ArgumentHelp("A scope that it brings; repeat for more.", valueName: "scope")
        )
        var scopes: [String] = []

        var json: JSONObject {
            var object = JSONObject()
            object.add("description", description)
            object.add("scopes", list: scopes)
            return object
        }
    }

    struct Create: CommandBody {
        static let configuration = CommandConfiguration(abstract: "Make a role.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Letters, digits and . _ : / -, such as reader.") var name: String
        @OptionGroup var fields: Fields

        func perform() async throws {
            var body = fields.json
            body.add("name", try SecretArgument.checked(name))
            try await AdminSession.with(options) { [body] session in
                try session.show(try await session.send(.post, ["roles"], body: body), quietly: "id")
            }
        }
    }

    struct List: CommandBody {
        static let configuration = CommandConfiguration(abstract: "List the roles.")

        @OptionGroup var options: ClientOptions

        func perform() async throws {
            try await AdminSession.with(options) { session in
                let columns = ["id", "name", "scopes", "description"]
                try session.show(try await session.list(["roles"]), columns: columns)
            }
        }
    }

    struct Show: CommandBody {
        static let configuration = CommandConfiguration(abstract: "Show one role.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Its id or name.") var role: String

        func perform() async throws {
            try await AdminSession.with(options) { session in
                let path = ["roles", try SecretArgument.checked(role)]
                try session.show(try await session.send(.get, path), quietly: "id")
            }
        }
    }

    struct Update: CommandBody {
        static let configuration = CommandConfiguration(
            abstract: "Change a role. What is not named stays; scopes that are named replace the old ones.",
            discussion: "The change acts on the next token of every key that has the role."
        )

        @OptionGroup var options: ClientOptions
        @Argument(help: "Its id or name.") var role: String
        @Option(help: "A new name.") var name: String?
        @OptionGroup var fields: Fields
        @Option(
            help: ArgumentHelp("Takes a field back to its default, by its name in JSON.", valueName: "field")
        )
        var clear: [String] = []

        func perform() async throws {
            var patch = fields.json
            patch.add("name", name)
            try patch.clear(clear)
            guard !patch.members.isEmpty else {
                throw CommandFailure(.usage, "nothing to change: name a field")
            }
            try await AdminSession.with(options) { [patch] session in
                let path = ["roles", try SecretArgument.checked(role)]
                try session.show(try await session.send(.patch, path, body: patch), quietly: "id")
            }
        }
    }

    struct Delete: CommandBody {
        static let configuration = CommandConfiguration(abstract: "Delete a role that no key has.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Its id or name.") var role: String

        func perform() async throws {
            try await AdminSession.with(options) { session in
                let path = ["roles", try SecretArgument.checked(role)]
                _ = try await session.send(.delete, path)
                let member = RoleID(parsing: role) == nil ? "name" : "id"
                try session.showDeleted(role, as: member, "Deleted \(role).")
            }
        }
    }
}
