import AdminClient
import ArgumentParser
import Primitives

struct KeysList: CommandBody {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the keys that you may see.",
        discussion: """
            Keys must fit every filter that is given.

              tokenbooth keys list --status active --scope reports:read
              tokenbooth keys list --name-prefix nightly- --sort name
              tokenbooth keys list --role reader --group partners --sort=-created_at --limit 20
            """
    )

    @OptionGroup var options: ClientOptions

    @Option(help: "Only keys with this status: active, disabled, expired or revoked.")
    var status: String?

    @Option(help: ArgumentHelp("Only keys of this project, by id or name.", valueName: "project"))
    var project: String?

    @Option(help: "Only keys of exactly this name.")
    var name: String?

    @Option(help: ArgumentHelp("Only keys whose name begins so.", valueName: "text"))
    var namePrefix: String?

    @Option(help: ArgumentHelp("Only keys that this key created, by its id.", valueName: "key"))
    var owner: String?

    @Option(
        help: ArgumentHelp("Only keys that hold this scope, by themselves or by a role.", valueName: "scope")
    )
    var scope: String?

    @Option(help: ArgumentHelp("Only keys that have this role, by id or name.", valueName: "role"))
    var role: String?

    @Option(help: ArgumentHelp("Only keys in this group, by id or name.", valueName: "group"))
    var group: String?

    @Option(help: ArgumentHelp("Only keys that name this audience.", valueName: "url"))
    var audience: String?

    @Option(
        help: ArgumentHelp(
            "created_at (default) or name; with a minus before it the other way.",
            valueName: "field"
        )
    )
    var sort: String?

    @Flag(help: "Revoked keys too.")
    var includeRevoked = false

    @OptionGroup var limit: LimitOption

    func perform() async throws {
        var query = try SecretArgument.query([
            ("status", status), ("project", project), ("name", name), ("name_prefix", namePrefix),
            ("owner", owner), ("scope", scope), ("role", role), ("group", group), ("audience", audience),
            ("sort", sort),
        ])
        if includeRevoked { query.append(("include_revoked", "true")) }
        try await AdminSession.with(options) { [query] session in
            try session.show(
                try await session.list(["keys"], query: query, atMost: limit.atMost(), counting: "keys"),
                columns: ["id", "name", "hint", "status", "scopes", "roles", "audiences", "expires_at"]
            )
        }
    }
}
