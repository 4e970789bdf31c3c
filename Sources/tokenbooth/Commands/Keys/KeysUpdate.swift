import AdminClient
import ArgumentParser
import Primitives

struct KeysUpdate: CommandBody {
    static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Change a key. What is not named stays.",
        discussion: """
            A list that is named replaces the old one. Changes act on the next token. `--clear allowed_ips` is for any
            address, `--allowed-ip none` for no address.

              tokenbooth keys update key_01jd4m3v3x8t9q2k7c5n6p0w1z --scope reports:read --scope reports:write
              tokenbooth keys update key_01jd4m3v3x8t9q2k7c5n6p0w1z --expires-in 90d
              tokenbooth keys update key_01jd4m3v3x8t9q2k7c5n6p0w1z --clear expires_at --clear allowed_ips
            """
    )

    @OptionGroup var options: ClientOptions
    @Argument(help: ArgumentHelp("The key's id.", valueName: "id")) var id: String

    @Option(help: "A new name.")
    var name: String?

    @OptionGroup var fields: KeyFieldOptions

    @Flag(help: "Add scopes that the catalogue does not have yet.")
    var createScopes = false

    @Option(
        help: ArgumentHelp(
            "Takes a field back to its default, by its name in JSON; repeat for more.",
            valueName: "field"
        )
    )
    var clear: [String] = []

    func perform() async throws {
        var patch = try fields.fields(now: LogTime.now() / 1000)
        patch.add("name", name)
        patch.add("project", fields.project)
        try patch.clear(clear)
        guard !patch.members.isEmpty else {
            throw CommandFailure(.usage, "nothing to change: name a field")
        }
        try await AdminSession.with(options) { [patch] session in
            let path = ["keys", try SecretArgument.checked(id)]
            if createScopes { try await session.addMissingScopes(fields.scopes) }
            try session.show(try await session.send(.patch, path, body: patch), quietly: "id")
        }
    }
}
