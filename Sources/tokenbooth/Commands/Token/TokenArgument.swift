import AdminClient
import ArgumentParser
import OAuth
import Primitives

/// A token on its way in: from a file or standard input, for it is a secret.
enum TokenArgument {
    /// - Parameters:
    ///   - file: A path; standard input for `-` and `nil`.
    ///   - keyFromInput: Standard input is taken: the API key comes from there.
    /// - Throws: ``CommandFailure`` when the token itself stands where its file should. It is not repeated.
    static func read(_ file: String?, keyFromInput: Bool = false) throws -> [UInt8] {
        guard let file, file != "-" else {
            guard !keyFromInput else {
                throw CommandFailure(
                    .usage,
                    "standard input holds the API key: give one of the two in another way"
                )
            }
            return try Terminal.readInput(limit: 65536).withoutTrailingSpace
        }
        guard !file.utf8.starts(with: "eyJ".utf8), !APIKey.resembles(file.utf8),
            !RefreshToken.resembles(file.utf8)
        else {
            throw CommandFailure(
                .usage,
                "a token is a secret and was shown to everyone on this machine as an argument: give it on standard input"
            )
        }
        return try PlainFile.read(file, limit: 65536).withoutTrailingSpace
    }

    /// What the server would answer like a key that it does not know: a letter lost, or words around it.
    static func wholeAPIKey(_ bytes: [UInt8]) throws -> APIKey {
        guard let key = APIKey(parsing: bytes) else {
            throw CommandFailure(.usage, "this is no whole API key (tbk_ and 36 letters and digits)")
        }
        return key
    }
}

/// Which issuer, and as whom.
struct IssuerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The issuer; TOKENBOOTH_ISSUER; default http://127.0.0.1:8080.",
            valueName: "url"
        )
    )
    var issuer: String?

    @OptionGroup var credentials: CredentialOptions

    func server() throws -> ServerURL { try Self.server(issuer) }

    static func server(_ issuer: String?) throws -> ServerURL {
        try ServerURL(
            parsing: issuer ?? ProcessEnvironment.variables["TOKENBOOTH_ISSUER"] ?? "http://127.0.0.1:8080",
            name: issuer == nil ? "TOKENBOOTH_ISSUER" : "--issuer"
        )
    }

    /// Runs `body` with a client that is shut down afterwards.
    func with<Value>(_ server: ServerURL, _ body: (TokenClient) async throws -> Value) async throws -> Value {
        let client = TokenClient(issuer: server, trusting: try credentials.trust.certificates())
        do {
            let value = try await body(client)
            await client.shutdown()
            return value
        } catch {
            await client.shutdown()
            throw error
        }
    }
}
