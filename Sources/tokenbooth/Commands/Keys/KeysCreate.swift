import AdminClient
import ArgumentParser
import Primitives

struct KeysCreate: CommandBody {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make an API key. The secret is shown this once.",
        discussion: """
            A scope must be in the catalogue before a key can hold it; --create-scopes adds the missing ones.

              tokenbooth keys create --name reports --scope reports:read --audience https://api.example -o json
              tokenbooth keys create --name nightly --scope jobs:run --create-scopes --expires-in 90d
              export TOKENBOOTH_KEY=$(tokenbooth keys create --name me -q)
            """
    )

    @OptionGroup var options: ClientOptions

    @Option(help: "A name for people; it need not be unique.")
    var name: String

    @OptionGroup var fields: KeyFieldOptions

    @Flag(help: "Add scopes that the catalogue does not have yet.")
    var createScopes = false

    func perform() async throws {
        var body = JSONObject([("name", .string(name))])
        for member in try fields.fields(now: LogTime.now() / 1000).members {
            body[member.name] = member.value
        }
        try await AdminSession.with(options) { [body] session in
            var body = body
            body.add("project", fields.project)
            if createScopes { try await session.addMissingScopes(fields.scopes) }
            let response = try await session.send(.post, ["keys"], body: body)
            let id = response.json?.object?["id"]?.string ?? "the key"
            try session.showIssued(response, lost: "its secret is lost: delete \(id)")
        }
    }
}

extension AdminSession {
    /// Adds to the catalogue what it does not have.
    func addMissingScopes(_ names: [String]) async throws {
        guard !names.isEmpty else { return }
        let known = try await list(["scopes"]).compactMap { $0["name"]?.string.map(ByteString.init) }
        for name in names where !known.contains(ByteString(name)) {
            _ = try await send(.post, ["scopes"], body: JSONObject([("name", .string(name))]))
        }
    }
}
