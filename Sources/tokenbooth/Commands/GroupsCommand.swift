import AdminClient
import ArgumentParser
import OAuth
import Primitives

struct GroupsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "groups",
        abstract: "Manage groups of keys: names in tokens that endpoints ask for.",
        discussion: """
              tokenbooth groups create partners --description "Keys of our partners"
              tokenbooth keys update key_01jd4m3v3x8t9q2k7c5n6p0w1z --group partners
            """,
        subcommands: [Create.self, List.self, Show.self, Update.self, Delete.self]
    )

    struct Create: CommandBody {
        static let configuration = CommandConfiguration(abstract: "Make a group.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Letters, digits and . _ : / -, such as partners.") var name: String
        @Option(help: "What it is for, in a few words.") var description: String?

        func perform() async throws {
            var body = JSONObject([("name", .string(try SecretArgument.checked(name)))])
            body.add("description", description)
            try await AdminSession.with(options) { [body] session in
                try session.show(try await session.send(.post, ["groups"], body: body), quietly: "id")
            }
        }
    }

    struct List: CommandBody {
        static let configuration = CommandConfiguration(abstract: "List the groups.")

        @OptionGroup var options: ClientOptions

        func perform() async throws {
            try await AdminSession.with(options) { session in
                let columns = ["id", "name", "description"]
                try session.show(try await session.list(["groups"]), columns: columns)
            }
        }
    }

    struct Show: CommandBody {
        static let configuration = CommandConfiguration(abstract: "Show one group.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Its id or name.") var group: String

        func perform() async throws {
            try await AdminSession.with(options) { session in
                let path = ["groups", try SecretArgument.checked(group)]
                try session.show(try await session.send(.get, path), quietly: "id")
            }
        }
    }

    struct Update: CommandBody {
        static let configuration = CommandConfiguration(
            abstract: "Change a group. What is not named stays.",
            discussion: "The change acts on the next token of every key in the group."
        )

        @OptionGroup var options: ClientOptions
        @Argument(help: "Its id or name.") var group: String
        @Option(help: "A new name.") var name: String?
        @Option(help: "What it is for, in a few words.") var description: String?
        @Option(
            help: ArgumentHelp("Takes a field back to its default, by its name in JSON.", valueName: "field")
        )
        var clear: [String] = []

        func perform() async throws {
            var patch = JSONObject()
            patch.add("description", description)
            patch.add("name", name)
            try patch.clear(clear)
            guard !patch.members.isEmpty else {
                throw CommandFailure(.usage, "nothing to change: name a field")
            }
            try await AdminSession.with(options) { [patch] session in
                let path = ["groups", try SecretArgument.checked(group)]
                try session.show(try await session.send(.patch, path, body: patch), quietly: "id")
            }
        }
    }

    struct Delete: CommandBody {
        static let configuration = CommandConfiguration(abstract: "Delete a group that no key is in.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Its id or name.") var group: String

        func perform() async throws {
            try await AdminSession.with(options) { session in
                let path = ["groups", try SecretArgument.checked(group)]
                _ = try await session.send(.delete, path)
                let member = GroupID(parsing: group) == nil ? "name" : "id"
                try session.showDeleted(group, as: member, "Deleted \(group).")
            }
        }
    }
}
