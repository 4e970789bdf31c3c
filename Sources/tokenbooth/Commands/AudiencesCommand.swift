import AdminClient
import ArgumentParser
import Primitives

struct AudiencesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audiences",
        abstract: "Say how tokens for a resource server are to look.",
        discussion: """
            An audience that is not registered gets `at+jwt` and the server's default algorithm.

              tokenbooth audiences create https://legacy.example --typ JWT --alg RS256
            """,
        subcommands: [Create.self, List.self, Show.self, Update.self, Delete.self]
    )

    struct Create: CommandBody {
        static let configuration = CommandConfiguration(abstract: "Register an audience.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "The value of `aud`, usually a URL.") var name: String
        @Option(help: "at+jwt or JWT.") var typ: String?
        @Option(help: "ES256, EdDSA, RS256 or PS256.") var alg: String?

        func perform() async throws {
            var body = JSONObject([("name", .string(try SecretArgument.checked(name)))])
            body.add("typ", typ)
            body.add("alg", alg)
            try await AdminSession.with(options) { [body] session in
                try session.show(try await session.send(.post, ["audiences"], body: body), quietly: "name")
            }
        }
    }

    struct List: CommandBody {
        static let configuration = CommandConfiguration(abstract: "List the registered audiences.")

        @OptionGroup var options: ClientOptions

        func perform() async throws {
            try await AdminSession.with(options) { session in
                try session.show(try await session.list(["audiences"]), columns: ["name", "typ", "alg"])
            }
        }
    }

    struct Show: CommandBody {
        static let configuration = CommandConfiguration(abstract: "Show one audience.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Its name.") var name: String

        func perform() async throws {
            try await AdminSession.with(options) { session in
                let path = ["audiences", try SecretArgument.checked(name)]
                try session.show(try await session.send(.get, path), quietly: "name")
            }
        }
    }

    struct Update: CommandBody {
        static let configuration = CommandConfiguration(
            abstract: "Change an audience. What is not named stays."
        )

        @OptionGroup var options: ClientOptions
        @Argument(help: "Its name.") var name: String
        @Option(help: "at+jwt or JWT.") var typ: String?
        @Option(help: "ES256, EdDSA, RS256 or PS256; `default` for the server's.") var alg: String?

        func perform() async throws {
            var patch = JSONObject()
            patch.add("typ", typ)
            patch.add("alg", alg)
            if alg?.utf8.elementsEqual("default".utf8) == true { patch["alg"] = .null }
            guard !patch.members.isEmpty else {
                throw CommandFailure(.usage, "nothing to change: name a field")
            }
            try await AdminSession.with(options) { [patch] session in
                let path = ["audiences", try SecretArgument.checked(name)]
                try session.show(try await session.send(.patch, path, body: patch), quietly: "name")
            }
        }
    }

    struct Delete: CommandBody {
        static let configuration = CommandConfiguration(abstract: "Remove an audience that nothing uses.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Its name.") var name: String

        func perform() async throws {
            try await AdminSession.with(options) { session in
                let path = ["audiences", try SecretArgument.checked(name)]
                _ = try await session.send(.delete, path)
                try session.showDeleted(name, as: "name", "Deleted \(name).")
            }
        }
    }
}
