import ArgumentParser

struct DatabaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "db",
        abstract: "Back up the database, or check it.",
        discussion: """
              tokenbooth db backup --file tokenbooth-2026-11-21.db
              tokenbooth db check --data-dir data
            """,
        subcommands: [DatabaseBackup.self, DatabaseCheckCommand.self]
    )
}
