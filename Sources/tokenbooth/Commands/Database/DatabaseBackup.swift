import AdminAPI
import AdminClient
import ArgumentParser
import OAuth
import Primitives

struct DatabaseBackup: CommandBody {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Have the server copy its database while it serves.",
        discussion: """
            For super admins. The copy shows one moment, is checked, and holds everything but what lies in the keys
            directory: back that up, too, and apart from this. A copy that is restored is served only with
            `serve --accept-restore`.

            With --file the copy is fetched into a new file here, mode 0600, and removed from the server; without, it
            stays in the directory `backups` beside the server's database.

              tokenbooth db backup --file tokenbooth-2026-11-21.db
            """
    )

    @OptionGroup var options: ClientOptions

    @Option(help: ArgumentHelp("Where to put the copy; must not exist yet.", valueName: "path"))
    var file: String?

    func perform() async throws {
        // Before the server begins.
        let writer = try file.map { path throws(FileError) in try PrivateFileWriter(path) }
        try await AdminSession.with(options) { session in
            var progress = ProgressLine(isQuiet: session.isQuiet)
            defer { progress.clear() }
            var backup = try await made(by: session, &progress)
            if let writer {
                try await fetch(backup, into: writer, by: session, &progress)
                backup.file = writer.path
            }
            progress.clear()
            let response = AdminResponse(status: 200, body: backup.json.serialized)
            try session.show(response, quietly: "file")
        }
    }

    private func made(by session: AdminSession, _ progress: inout ProgressLine) async throws -> BackupMessage
    {
        var backup = try await session.backup(.post, ["backups"])
        while backup.status == .running {
            progress.show("Copying on the server", backup.copied, of: backup.size)
            try await Task.sleep(for: .milliseconds(200))
            backup = try await session.backup(.get, ["backups", backup.id.description])
        }
        guard backup.status == .done else {
            throw CommandFailure(.refused, "the backup failed: \(backup.reason ?? "no reason was given")")
        }
        return backup
    }

    private func fetch(
        _ backup: BackupMessage,
        into writer: PrivateFileWriter,
        by session: AdminSession,
        _ progress: inout ProgressLine
    ) async throws {
        let path = ["backups", backup.id.description]
        var offset: Int64 = 0
        while offset < backup.size {
            progress.show("Fetching", offset, of: backup.size)
            let part = try await session.send(
                .get,
                path + ["content"],
                query: [("offset", String(offset))]
            ).body
            guard !part.isEmpty else {
                throw CommandFailure(
                    .refused,
                    "the copy ended after \(offset) of \(backup.size) bytes: run the command again"
                )
            }
            try writer.append(part)
            offset += Int64(part.count)
        }
        guard let expected = backup.sha256, bytesEqual(writer.finishDigest().hexadecimal, expected) else {
            throw CommandFailure(
                .wrong,
                "what arrived is not what the server has copied: its checksum differs"
            )
        }
        try writer.publish()
        _ = try await session.send(.delete, path)
    }
}

extension AdminSession {
    fileprivate func backup(_ method: AdminMethod, _ path: [String]) async throws -> BackupMessage {
        guard let json = try await send(method, path).json, let backup = try? BackupMessage(parsing: json)
        else { throw misunderstood("backup") }
        return backup
    }
}
