import AdminClient
import ArgumentParser
import OAuth
import Primitives

struct KeysLookup: CommandBody {
    static let configuration = CommandConfiguration(
        commandName: "lookup",
        abstract: "Say which key a secret belongs to.",
        discussion: """
            The secret comes from a file or from standard input, never from an argument. One that has ended, or belongs
            to a key that you may not see, belongs to none.

              tokenbooth keys lookup --secret-file found.txt
              pbpaste | tokenbooth keys lookup -q
            """
    )

    @OptionGroup var options: ClientOptions

    @Option(help: ArgumentHelp("File that holds the secret; default standard input.", valueName: "path"))
    var secretFile: String?

    func perform() async throws {
        let bytes = try TokenArgument.read(secretFile, keyFromInput: options.connection.credentials.keyStdin)
        let secret = try TokenArgument.wholeAPIKey(bytes)
        let text = String(decoding: secret.secret, as: UTF8.self)
        try await AdminSession.with(options) { session in
            let body = JSONObject([("key", .string(text))])
            try session.show(try await session.send(.post, ["keys", "lookup"], body: body), quietly: "id")
        }
    }
}
