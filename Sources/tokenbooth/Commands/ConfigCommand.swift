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
            var warnings: [String] = []
            do throws(ConfigurationError) {
                let settings = try options.load()
                warnings = settings.warnings
                for warning in warnings { Terminal.note("Warning: " + warning) }
                try checkFiles(of: settings)
            } catch {
                if output == .json { try Terminal.print(Self.json(error.mistakes, warnings: warnings)) }
                throw error
            }
            guard !quiet else { return }
            try Terminal.print(
                output == .json
                    ? Self.json([], warnings: warnings) : "The configuration is valid."
            )
        }

        /// - Throws: ``ConfigurationError`` for what settings name and `serve` could not read.
        private func checkFiles(of settings: Settings) throws(ConfigurationError) {
            var mistakes: [ConfigurationError] = []
            do throws(ConfigurationError) { _ = try settings.tlsContext() } catch { mistakes.append(error) }
            do throws(ConfigurationError) { _ = try settings.leakReporters() } catch {
                mistakes.append(error)
            }
            if let mistakes = ConfigurationError(mistakes) { throw mistakes }
        }

        private static func json(_ mistakes: [ConfigurationError], warnings: [String]) -> String {
            let answer = JSONObject([
                ("valid", .bool(mistakes.isEmpty)), ("mistakes", .array(mistakes.map(json))),
                ("warnings", .array(warnings.map { .string($0) })),
            ])
            return AdminSession.oneLine(JSONValue.object(answer).serialized)
        }

        private static func json(_ mistake: ConfigurationError) -> JSONValue {
            .object(
                JSONObject([
                    ("subject", .string(mistake.subject)),
                    ("source", mistake.source.map { .string($0.description) } ?? .null),
                    ("reason", .string(mistake.reason)),
                ])
            )
        }
    }

    struct Show: CommandBody {
        static let configuration = CommandConfiguration(
            abstract: "Print the effective configuration and where each value comes from.",
            discussion: """
                No setting holds a secret: keys are named by their files. A change takes effect at a reload (SIGHUP) or at a
                restart.

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
                    return [
                        key.rawValue, text.isEmpty ? "-" : text, settings.source(of: key).description,
                        key.isReloadable ? "reload" : "restart",
                    ]
                }
                let table = Table(header: ["SETTING", "VALUE", "SOURCE", "CHANGES AT"], rows: rows)
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
                            ("reloadable", .bool(key.isReloadable)),
                        ])
                    )
                )
            }
            return String(decoding: JSONValue.object(JSONObject(members)).serialized, as: UTF8.self)
        }
    }
}
