import AdminAPI
import AdminClient
import ArgumentParser
import AuthorizationServer
import OAuth
import Primitives

struct UsageCommand: CommandBody {
    static let configuration = CommandConfiguration(
        commandName: "usage",
        abstract: "Show what keys did, day by day: tokens, refreshes, and what was denied.",
        discussion: """
            Days are of UTC, counters some seconds late. In CSV no cell is a formula.

              tokenbooth usage --from 2026-11-01 --to 2026-11-30
              tokenbooth usage --key key_01jd4m3v3x8t9q2k7c5n6p0w1z
              tokenbooth usage --project billing -o csv > usage.csv
              tokenbooth usage --from 2026-11-01 -q | sort -u
            """
    )

    enum Format: String, ExpressibleByArgument, CaseIterable { case table, json, csv }

    @OptionGroup var options: ConnectionOptions

    @Option(name: .shortAndLong, help: "table, json or csv.")
    var output = Format.table

    @Flag(name: .shortAndLong, help: "Print only the keys, by id: one for each day.")
    var quiet = false

    @Option(help: ArgumentHelp("Only this key, by id.", valueName: "id"))
    var key: String?

    @Option(help: ArgumentHelp("Only keys of this project, by id or name.", valueName: "project"))
    var project: String?

    @Option(help: ArgumentHelp("From this day on, such as 2026-11-01.", valueName: "day"))
    var from: String?

    @Option(help: ArgumentHelp("Up to this day and with it.", valueName: "day"))
    var to: String?

    @OptionGroup var limit: LimitOption

    func validate() throws {
        for day in [from, to].compactMap(\.self) where NumericDate(day: day) == nil {
            throw ValidationError("--from and --to must be days such as 2026-11-01.")
        }
    }

    func perform() async throws {
        let query = try SecretArgument.query([("key", key), ("project", project), ("from", from), ("to", to)])
        let format: OutputFormat = output == .json ? .json : .table
        try await AdminSession.with(options, output: format, isQuiet: quiet) { session in
            let items = try await session.list(
                ["usage"],
                query: query,
                atMost: limit.atMost(),
                counting: "rows"
            )
            if quiet || output == .json { return try session.show(items, columns: ["key"]) }
            let usage = try items.map { item -> UsageMessage in
                do throws(InvalidMessage) { return try UsageMessage(parsing: .object(item)) } catch {
                    throw session.misunderstood("list of usage counters")
                }
            }
            try output == .csv ? Self.printCSV(usage) : Self.printTable(usage)
        }
    }

    private static func printCSV(_ usage: [UsageMessage]) throws {
        let table = UsageTable(reasons: UsageDenial.allCases.map(\.rawValue))
        let bytes = usage.reduce(into: table.header) { $0 += table.row($1) }
        // `print` ends the last line.
        try Terminal.print(String(decoding: bytes.dropLast(), as: UTF8.self))
    }

    private static func printTable(_ usage: [UsageMessage]) throws {
        let rows = usage.map { usage in
            let denied = usage.denied.map { "\($0.reason)=\($0.count)" }.joined(separator: " ")
            return [
                usage.day.dayText, usage.key.description, usage.name, String(usage.exchanges),
                String(usage.refreshes), denied.isEmpty ? "-" : denied,
            ]
        }
        let table = Table(header: ["DAY", "KEY", "NAME", "EXCHANGES", "REFRESHES", "DENIED"], rows: rows)
        try Terminal.print(table.lines(width: Terminal.width).joined(separator: "\n"))
    }
}
