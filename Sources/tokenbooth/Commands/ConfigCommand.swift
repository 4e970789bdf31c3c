import ArgumentParser
import Primitives

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Check or show the configuration of the server.",
        subcommands: [Check.self, Show.self]
    )

    struct Check: CommandBody {
        static let configuration = CommandConfiguration(
            abstract: "Say whether the server would accept its configuration; exit 78 if not.",
            discussion: "  tokenbooth config check --config /etc/tokenbooth.yaml"
        )

        @OptionGroup var options: SettingOptions

        @Option(name: .shortAndLong, help: "table or json.")
        var output = OutputFormat.table

        @Flag(name: .shortAndLong, help: "Print only what is wrong.")
        var quiet = false

        func perform() async throws {
            let settings = try options.load()
            // What the settings name, as `serve` reads it.
            _ = try settings.tlsContext()
            _ = try settings.leakReporters()
            for warning in settings.warnings { Terminal.note("Warning: " + warning) }
            guard !quiet else { return }
            let answer = JSONObject([
                ("valid", .bool(true)), ("warnings", .array(settings.warnings.map { .string($0) })),
            ])
            try Terminal.print(
                output == .json
                    ? AdminSession.oneLine(JSONValue.object(answer).serialized)
                    : "The configuration is valid."
            )
        }
    }

    struct Show: CommandBody {
        static let configuration = CommandConfiguration(
            abstract: "Print the effective configuration and where each value comes from.",
            discussion: """
                No setting holds a secret: keys are named by their files.

                  tokenbooth config show
                  TOKENBOOTH_LOG_LEVEL=debug tokenbooth config show -o json
                """
        )

        @OptionGroup var options: SettingOptions

        @Option(name: .shortAndLong, help: "table or json.")
        var output = OutputFormat.table

        @Flag(name: .shortAndLong, help: "Print only the names of the settings.")
        var quiet = false

        func perform() async throws {
            let settings = try options.load()
            for warning in settings.warnings { Terminal.note("Warning: " + warning) }
            if quiet {
                return try Terminal.print(SettingKey.allCases.map(\.rawValue).joined(separator: "\n"))
            }
            switch output {
            case .json: try Terminal.print(Self.json(settings))
            case .table:
                let rows = SettingKey.allCases.map { key in
                    let text = settings.text(of: key) ?? ""
                    return [key.rawValue, text.isEmpty ? "-" : text, settings.source(of: key).description]
                }
                let table = Table(header: ["SETTING", "VALUE", "SOURCE"], rows: rows)
                try Terminal.print(table.lines(width: Terminal.width).joined(separator: "\n"))
            }
        }

        private static func json(_ settings: Settings) -> String {
            let members = SettingKey.allCases.map { key in
                (
                    key.rawValue,
                    JSONValue.object(
                        JSONObject([
                            ("value", settings.value(of: key)),
                            ("source", .string(settings.source(of: key).description)),
                        ])
                    )
                )
            }
            return String(decoding: JSONValue.object(JSONObject(members)).serialized, as: UTF8.self)
        }
    }
}
