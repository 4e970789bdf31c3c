import AdminClient
import OAuth
import Primitives

/// Arguments that must be no secrets: other users of the machine can see them, and shells write them down.
enum SecretArgument {
    /// - Throws: ``CommandFailure`` when an API key or a refresh token stands where an id belongs. It is not repeated.
    static func checked(_ argument: String) throws(CommandFailure) -> String {
        guard !RefreshToken.resembles(argument.utf8) else {
            throw CommandFailure(
                .usage,
                "this is a refresh token, not an id: it can now be seen in the process list and in your shell's history; revoke it"
            )
        }
        guard !APIKey.resembles(argument.utf8) else {
            throw CommandFailure(
                .usage,
                "this is an API key, not an id: it can now be seen in the process list and in your shell's history; rotate or delete it"
            )
        }
        return argument
    }
}

extension AdminSession {
    /// The answer's object, or `words` when there is none.
    func showIfAny(_ response: AdminResponse, else words: String) throws {
        guard response.json?.object == nil else { return try show(response, quietly: "id") }
        try confirm(words)
    }

    /// The id of a project that is given by id or name.
    ///
    /// - Throws: ``CommandFailure`` when none has this name.
    func projectID(_ text: String) async throws -> String {
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
