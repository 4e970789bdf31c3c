import AdminAPI
import AdminClient
import ArgumentParser
import OAuth
import Primitives
import SQLiteStore

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "See who changed what, and check that nobody has changed that record.",
        discussion: """
              tokenbooth audit list --target key_01jd3m8v7q2x9k4t6w5r0b1nfh
              tokenbooth audit list --action refresh_reuse --from 2026-11-01T00:00:00Z
              tokenbooth audit verify
            """,
        subcommands: [List.self, Verify.self]
    )

    struct List: CommandBody {
        static let configuration = CommandConfiguration(
            abstract: "List events, the latest first: 50, if --limit does not say otherwise."
        )

        @OptionGroup var options: ClientOptions
        @Option(help: ArgumentHelp("Only what this key has done; also system, operator.", valueName: "id"))
        var actor: String?
        @Option(
            help: ArgumentHelp("Only this action, such as create_key or refresh_reuse.", valueName: "word")
        )
        var action: String?
        @Option(
            help: ArgumentHelp(
                "Only what was done to this: an id, or scope:NAME, audience:NAME, signing-key:KID.",
                valueName: "target"
            )
        )
        var target: String?
        @Option(help: ArgumentHelp("From this time on, as 2030-01-31T12:00:00Z.", valueName: "time"))
        var from: String?
        @Option(help: ArgumentHelp("Before this time.", valueName: "time")) var to: String?
        @OptionGroup var limit: LimitOption

        func perform() async throws {
            let query = try SecretArgument.query([
                ("actor", actor), ("action", action), ("target", target), ("from", from), ("to", to),
            ])
            try await AdminSession.with(options) { session in
                let events = try await session.list(
                    ["audit"],
                    query: query,
                    atMost: limit.atMost(50),
                    counting: "events"
                )
                try session.show(
                    events,
                    columns: session.isQuiet ? ["id"] : ["time", "actor", "action", "target", "ip"]
                )
            }
        }
    }

    struct Verify: CommandBody {
        static let configuration = CommandConfiguration(
            abstract: "Check the chain of hashes; exit 0 if all is well, 2 if not.",
            discussion: """
                The chain shows that nothing in it was changed or left out. That its end is still there shows only by
                an event that was seen before: give its number and hash, as this command printed them or the metrics
                tokenbooth_audit_events and tokenbooth_audit_head_hash said.

                With --file a copy is checked without a server, such as a backup.
                """
        )

        @OptionGroup var options: ClientOptions
        @Option(help: ArgumentHelp("The number of an event that was seen.", valueName: "number"))
        var number: Int64?
        @Option(help: ArgumentHelp("How its hash begins, 8 to 64 hexadecimal digits.", valueName: "hash"))
        var hash: String?
        @Option(help: ArgumentHelp("A database file that nobody serves from.", valueName: "path"))
        var file: String?

        func perform() async throws {
            guard (number == nil) == (hash == nil) else {
                throw CommandFailure(.usage, "--number and --hash belong together")
            }
            if let file {
                guard number == nil else { throw CommandFailure(.usage, "--file does not go with --number") }
                let answer = try AuditInspection.verify(file: file).json
                return try report(answer)
            }
            try await AdminSession.with(options) { session in
                var query: [(String, String)] = []
                if let number, let hash { query = [("number", String(number)), ("hash", hash)] }
                let response = try await session.send(.get, ["audit", "verify"], query: query)
                try report(response.json ?? .null)
            }
        }

        private func report(_ answer: JSONValue) throws {
            let object = answer.object ?? JSONObject()
            let fault = object["fault"]?.object
            let last = object["last"]?.object
            if options.output == .json, !options.quiet {
                try Terminal.print(AdminSession.oneLine(answer.serialized))
            } else if let fault {
                let number = fault["number"].map(AdminSession.text) ?? "?"
                let detail = fault["detail"]?.string ?? ""
                throw CommandFailure(.wrong, "the audit trail is not in order: event \(number) \(detail)")
            } else if !options.quiet {
                let checked = object["checked"].map(AdminSession.text) ?? "?"
                try Terminal.print(
                    TerminalText.sanitized(
                        "\(checked) events are in order. The last one: "
                            + "\(last?["number"].map(AdminSession.text) ?? "?") \(last?["hash"]?.string ?? "")"
                    )
                )
            }
            guard object["valid"]?.bool == true else { throw CommandFailure(.wrong, "") }
        }
    }
}
