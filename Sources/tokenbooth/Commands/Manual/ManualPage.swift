/// The manual page of all commands, `tokenbooth(1)`.
struct ManualPage {
    let text: String

    /// - Parameter date: `2026-11-21`.
    init(_ root: CommandDescription, date: String, version: String) {
        var page = Roff(title: "TOKENBOOTH", section: 1, date: date, source: "tokenbooth \(version)")
        page.section("NAME")
        page.paragraph("tokenbooth - " + Self.withoutStop(root.abstract, isLowercase: true))
        page.section("SYNOPSIS")
        page.paragraph("`tokenbooth` <noun> <verb> [<options>]")
        page.next()
        page.paragraph("`tokenbooth` <command> `--help`")
        page.section("DESCRIPTION")
        page.discussion(HelpText.examples)
        page.section("COMMANDS")
        for noun in root.subcommands { Self.write(noun, to: &page) }
        page.section("COMMON OPTIONS")
        page.paragraph("Commands that talk to a server take those of these that their help names.")
        var known: [CommandDescription.Argument] = []
        for argument in root.leaves.flatMap(\.arguments) where argument.isCommon && !known.contains(argument)
        {
            // The same option is told in other words where it means a little less.
            guard !known.contains(where: { $0.synopsis == argument.synopsis }) else { continue }
            known.append(argument)
            page.item(argument.synopsis, Self.words(of: argument))
        }
        page.item("-h, --help", "Says what a command does, what it takes, and how it is used.")
        page.item("--version", "Prints the version.")
        Self.writeSettings(to: &page)
        page.section("ENVIRONMENT")
        for (name, words) in HelpText.environment { page.item(name, words) }
        page.next()
        page.paragraph(HelpText.rootKey)
        page.section("FILES")
        page.item("<keys-dir>/root.key", "The root API key, written once by the first start.")
        page.item("<data-dir>/tokenbooth.db", "The database; only one running server opens it.")
        page.section("EXIT STATUS")
        for (code, words) in HelpText.exitCodes { page.item(code, words) }
        text = page.text
    }

    private static func write(_ command: CommandDescription, to page: inout Roff) {
        page.subsection("tokenbooth " + command.path)
        page.paragraph(command.abstract)
        let own = command.arguments.filter { !$0.isCommon }
        if command.subcommands.isEmpty {
            let usage = own.map(\.usage)
            page.next()
            page.paragraph((["`tokenbooth \(command.path)`"] + usage).joined(separator: " "))
        }
        if !command.discussion.isEmpty {
            page.next()
            page.discussion(command.discussion)
        }
        for argument in own { page.item(argument.synopsis, words(of: argument)) }
        for subcommand in command.subcommands { write(subcommand, to: &page) }
    }

    private static func writeSettings(to page: inout Roff) {
        page.section("SETTINGS")
        page.paragraph(
            "Each is set by its flag of `serve`, else its variable, else its name in the configuration file. "
                + "`tokenbooth config show` prints all with their values and where each comes from."
        )
        for key in SettingKey.allCases {
            let flag = key.flag.map { ", flag \($0)" } ?? ""
            page.item(key.rawValue, "Variable \(key.environmentName)\(flag).")
        }
    }

    private static func words(of argument: CommandDescription.Argument) -> String {
        let values = argument.values.isEmpty ? "" : " One of: \(argument.values.joined(separator: ", "))."
        return argument.abstract.isEmpty ? values : argument.abstract + values
    }

    /// As the line of a NAME section has it.
    private static func withoutStop(_ text: String, isLowercase: Bool) -> String {
        var text = text
        if text.utf8.last == UInt8(ascii: ".") { text.removeLast() }
        return isLowercase ? text.prefix(1).lowercased() + text.dropFirst() : text
    }
}
