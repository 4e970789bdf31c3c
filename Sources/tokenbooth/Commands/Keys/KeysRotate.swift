import AdminAPI
import AdminClient
import ArgumentParser
import OAuth
import Primitives

struct KeysRotate: CommandBody {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Give a key a new secret, shown this once; the old one works for a while.",
        discussion: """
            The key keeps its id, its rights and its expiry. A second rotation ends the oldest secret at once.

              tokenbooth keys rotate key_01jd4m3v3x8t9q2k7c5n6p0w1z --grace 1h

            When everybody has the new one, or somebody has not:

              tokenbooth keys rotate key_01jd4m3v3x8t9q2k7c5n6p0w1z --end-overlap
              tokenbooth keys rotate key_01jd4m3v3x8t9q2k7c5n6p0w1z --extend 6h

            When it has leaked:

              tokenbooth keys rotate key_01jd4m3v3x8t9q2k7c5n6p0w1z --grace 0 --end-tokens
            """
    )

    @OptionGroup var options: ClientOptions
    @Argument(help: ArgumentHelp("The key's id.", valueName: "id")) var id: String

    @Option(
        help: ArgumentHelp(
            "How long the old secret works: 0, 15m, 1h, 6h or 24h (the default).",
            valueName: "time"
        )
    )
    var grace: String?

    @Flag(help: "End its access tokens and refresh tokens, too.")
    var endTokens = false

    @Flag(help: "No new secret: the old one of the last rotation ends now.")
    var endOverlap = false

    @Option(
        help: ArgumentHelp(
            "No new secret: the old one of the last rotation ends this time from now, 24h at most.",
            valueName: "time"
        )
    )
    var extend: String?

    func validate() throws {
        guard !endOverlap || extend == nil, !endOverlap && extend == nil || grace == nil && !endTokens else {
            throw ValidationError(
                "--end-overlap and --extend stand alone: they change the end of the last rotation."
            )
        }
        _ = try (Self.seconds(grace, "--grace"), Self.seconds(extend, "--extend"))
    }

    func perform() async throws {
        let path = ["keys", try SecretArgument.checked(id)]
        guard !endOverlap, extend == nil else { return try await moveEnd(path) }
        var body = JSONObject()
        body.add("grace_seconds", try Self.seconds(grace, "--grace").map { Int($0) })
        if endTokens { body["end_tokens"] = .bool(true) }
        try await AdminSession.with(options) { [body] session in
            let response = try await session.send(.post, path + ["rotate"], body: body)
            try session.showIssued(response, lost: "its new secret is lost: rotate it again")
            if session.output == .table, !session.isQuiet,
                let end = response.json?.object?["rotation"]?.object?["previous_expires_at"]?.string
            {
                Terminal.note("The old one works until \(end).")
            }
        }
    }

    private func moveEnd(_ path: [String]) async throws {
        // An end long ago is over for any clock.
        let end = try Self.seconds(extend, "--extend").map {
            NumericDate(LogTime.now() / 1000).advanced(by: $0)
        }
        let body = JSONObject([("previous_expires_at", .string((end ?? NumericDate(0)).rfc3339))])
        try await AdminSession.with(options) { session in
            let response = try await session.send(.post, path + ["rotation"], body: body)
            try session.show(response, quietly: "id")
        }
    }

    private static func seconds(_ text: String?, _ name: String) throws -> Int64? {
        guard let text else { return nil }
        if text.utf8.elementsEqual("0".utf8) { return 0 }
        guard let span = TimeSpan(parsing: text) else {
            throw ValidationError("\(name) must be a number and a unit, such as 15m or 6h.")
        }
        return span.seconds
    }
}

extension AdminSession {
    /// Prints a key with its secret; quietly only that.
    ///
    /// - Parameter lost: What to do when it cannot be printed.
    func showIssued(_ response: AdminResponse, lost: String) throws {
        do {
            try show(response, quietly: "key")
        } catch let failure as CommandFailure {
            throw CommandFailure(failure.code, "\(failure.message)\nThe change was made, but \(lost)")
        }
        if output == .table, !isQuiet {
            Terminal.note("Keep the value of `key` now: it is not shown again.")
        }
    }
}
