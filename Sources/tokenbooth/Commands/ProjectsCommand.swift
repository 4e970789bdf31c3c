import AdminClient
import ArgumentParser
import OAuth
import Primitives

struct ProjectsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "projects",
        abstract: "Manage projects: groups of keys with common defaults.",
        discussion: """
              tokenbooth projects create billing --default-audience https://billing.example
              tokenbooth projects show billing
            """,
        subcommands: [Create.self, List.self, Show.self, Update.self, Delete.self]
    )

    struct Fields: ParsableArguments {
        @Option(
            name: .customLong("default-audience"),
            help: ArgumentHelp("Audience of keys that have none; repeat for more.", valueName: "url")
        )
        var audiences: [String] = []

        @Option(
            name: .customLong("default-scope"),
            help: ArgumentHelp("Scope of new keys that are given none; repeat for more.", valueName: "scope")
        )
        var scopes: [String] = []

        @Option(help: ArgumentHelp("Seconds that tokens live, 30 to 3600.", valueName: "seconds"))
        var accessTokenTtl: Int?

        @Option(
            name: .customLong("allowed-ip"),
            help: ArgumentHelp(
                "An address or range its keys may be used from; repeat for more; none for nowhere; default any.",
                valueName: "cidr"
            )
        )
        var allowedIPs: [String] = []

        func validate() throws { _ = try json }

        var json: JSONObject {
            get throws {
                var object = JSONObject()
                object.add("default_audiences", list: audiences)
                object.add("default_scopes", list: scopes)
                object.add("access_token_ttl", accessTokenTtl)
                object["allowed_ips"] = try ClosableList.json(allowedIPs, "--allowed-ip")
                return object
            }
        }
    }

    struct Create: CommandBody {
        static let configuration = CommandConfiguration(abstract: "Make a project.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "A name that no other project has.") var name: String
        @OptionGroup var fields: Fields

        func perform() async throws {
            var body = try fields.json
            body.add("name", try SecretArgument.checked(name))
            try await AdminSession.with(options) { [body] session in
                try session.show(try await session.send(.post, ["projects"], body: body), quietly: "id")
            }
        }
    }

    struct List: CommandBody {
        static let configuration = CommandConfiguration(abstract: "List the projects.")

        @OptionGroup var options: ClientOptions

        func perform() async throws {
            try await AdminSession.with(options) { session in
                let columns = ["id", "name", "default_audiences", "default_scopes", "created_at"]
                try session.show(try await session.list(["projects"]), columns: columns)
            }
        }
    }

    struct Show: CommandBody {
        static let configuration = CommandConfiguration(abstract: "Show one project.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Its id or name.") var project: String

        func perform() async throws {
            try await AdminSession.with(options) { session in
                let id = try await session.projectID(try SecretArgument.checked(project))
                try session.show(try await session.send(.get, ["projects", id]), quietly: "id")
            }
        }
    }

    struct Update: CommandBody {
        static let configuration = CommandConfiguration(
            abstract: "Change a project. What is not named stays; a list that is named replaces the old one."
        )

        @OptionGroup var options: ClientOptions
        @Argument(help: "Its id or name.") var project: String
        @Option(help: "A new name.") var name: String?
        @OptionGroup var fields: Fields
        @Option(
            help: ArgumentHelp("Takes a field back to its default, by its name in JSON.", valueName: "field")
        )
        var clear: [String] = []

        func perform() async throws {
            var patch = try fields.json
            patch.add("name", name)
            try patch.clear(clear)
            guard !patch.members.isEmpty else {
                throw CommandFailure(.usage, "nothing to change: name a field")
            }
            try await AdminSession.with(options) { [patch] session in
                let id = try await session.projectID(try SecretArgument.checked(project))
                try session.show(
                    try await session.send(.patch, ["projects", id], body: patch),
                    quietly: "id"
                )
            }
        }
    }

    struct Delete: CommandBody {
        static let configuration = CommandConfiguration(abstract: "Delete a project that has no keys.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Its id or name.") var project: String

        func perform() async throws {
            try await AdminSession.with(options) { session in
                let id = try await session.projectID(try SecretArgument.checked(project))
                _ = try await session.send(.delete, ["projects", id])
                try session.showDeleted(id, as: "id", "Deleted \(project).")
            }
        }
    }
}

extension AdminSession {
    /// The id of a project that is given by id or name.
    ///
    /// - Throws: ``CommandFailure`` when none has this name.
    fileprivate func projectID(_ text: String) async throws -> String {
        guard ProjectID(parsing: text) == nil else { return text }
        let match = try await list(["projects"]).first {
            $0["name"]?.string?.utf8.elementsEqual(text.utf8) == true
        }
        guard let id = match?["id"]?.string else {
            throw CommandFailure(.refused, "there is no project \(text)")
        }
        return id
    }
}
