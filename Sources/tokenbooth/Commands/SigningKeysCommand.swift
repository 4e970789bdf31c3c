import AdminClient
import ArgumentParser
import Primitives

struct SigningKeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "signing-keys",
        abstract: "See, rotate and revoke the keys that tokens are signed with.",
        discussion: """
            Keys are rotated by themselves; see the setting signing_key_rotation. Only super admins come here.

              tokenbooth signing-keys list
              tokenbooth signing-keys rotate
              tokenbooth signing-keys revoke NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs
            """,
        subcommands: [List.self, Show.self, Rotate.self, Revoke.self]
    )

    struct List: CommandBody {
        static let configuration = CommandConfiguration(
            abstract: "List the published keys, and say when each next step happens and why not yet."
        )

        @OptionGroup var options: ClientOptions
        @Flag(help: "Removed keys too.") var includeRemoved = false

        func perform() async throws {
            try await AdminSession.with(options) { session in
                let query = includeRemoved ? [("include_removed", "true")] : []
                try session.showSigningKeys(try await session.list(["signing-keys"], query: query))
            }
        }
    }

    struct Show: CommandBody {
        static let configuration = CommandConfiguration(abstract: "Show one key.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Its kid.") var kid: String

        func perform() async throws {
            try await AdminSession.with(options) { session in
                let path = ["signing-keys", try SecretArgument.checked(kid)]
                try session.show(try await session.send(.get, path), quietly: "kid")
            }
        }
    }

    struct Rotate: CommandBody {
        static let configuration = CommandConfiguration(
            abstract: "Have the pending keys sign now; the keys that signed stay published for a while."
        )

        @OptionGroup var options: ClientOptions
        @Option(help: "Only the key of this algorithm: ES256, EdDSA, RS256 or PS256.") var alg: String?

        func perform() async throws {
            var body = JSONObject()
            body.add("alg", alg)
            try await AdminSession.with(options) { [body] session in
                let response = try await session.send(.post, ["signing-keys", "rotate"], body: body)
                try session.showSigningKeys(
                    response.json?.object?["items"]?.array?.compactMap(\.object) ?? []
                )
            }
        }
    }

    struct Revoke: CommandBody {
        static let configuration = CommandConfiguration(
            abstract: "Take a key away: what it has signed is not honoured here any more.",
            discussion: """
                The active key can go when the pending one may sign. With --force it goes at once, and verifiers
                that hold an older key set refuse new tokens until they fetch it again.
                """
        )

        @OptionGroup var options: ClientOptions
        @Argument(help: "Its kid.") var kid: String
        @Flag(help: "Also when verifiers may not know the pending key yet.") var force = false

        func perform() async throws {
            let body = JSONObject(force ? [("force", .bool(true))] : [])
            try await AdminSession.with(options) { [body] session in
                let path = ["signing-keys", try SecretArgument.checked(kid), "revoke"]
                let response = try await session.send(.post, path, body: body)
                try session.showRevokedSigningKey(response)
            }
        }
    }
}

extension AdminSession {
    /// Those that sign first, each with what happens to it next on a line of its own.
    fileprivate func showSigningKeys(_ items: [JSONObject]) throws {
        let stages = ["active", "pending", "retired", "removed"]
        let sorted = items.enumerated().sorted { left, right in
            let places = [left, right].map { item in
                stages.firstIndex { bytesEqual($0, item.element["stage"]?.string ?? "") } ?? stages.count
            }
            return places[0] != places[1] ? places[0] < places[1] : left.offset < right.offset
        }.map(\.element)
        try show(sorted, columns: ["kid", "alg", "stage", "usable_at", "activated_at"])
        guard output == .table, !isQuiet else { return }
        for item in sorted {
            let (kid, note) = (item["kid"]?.string ?? "", item["note"]?.string ?? "")
            try Terminal.print("\n\(TerminalText.sanitized(kid))\n  \(TerminalText.sanitized(note))")
        }
    }

    fileprivate func showRevokedSigningKey(_ response: AdminResponse) throws {
        guard output == .table, !isQuiet, let answer = response.json?.object else {
            return try show(response, quietly: "successor")
        }
        let kid = answer["key"]?.object?["kid"]?.string ?? ""
        try confirm("Revoked \(kid): what it has signed is not honoured here any more.")
        if let successor = answer["successor"]?.string { try confirm("\(successor) signs in its place.") }
        let end = answer["accepted_elsewhere_until"]?.string ?? ""
        if let last = answer["last_token_expires_at"]?.string {
            try confirm(
                "Verifiers that hold an older key set may accept its tokens until \(end); the last of them would "
                    + "have lived until \(last)."
            )
        } else {
            try confirm("It has signed nothing.")
        }
    }
}
