import AdminClient
import ArgumentParser
import Primitives

struct KeysExport: CommandBody {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write all keys but the root key, one JSON object a line, for `keys import`.",
        discussion: """
            For super admins. Of each secret there is the SHA-256 digest, which authenticates nobody; but whoever
            imports it lets its holder in, and it tells which keys are whose: keep the file like a backup.

              tokenbooth keys export --file keys.ndjson
              tokenbooth keys export | jq -r 'select(.disabled) | .id'
            """
    )

    @OptionGroup var options: ClientOptions

    @Option(
        help: ArgumentHelp(
            "A new file, mode 0600, that is there whole or not at all; default standard output.",
            valueName: "path"
        )
    )
    var file: String?

    @Flag(help: "Revoked keys too.")
    var includeRevoked = false

    func perform() async throws {
        let writer = try file.map { path throws(FileError) in try PrivateFileWriter(path) }
        try await AdminSession.with(options) { session in
            var progress = ProgressLine(isQuiet: session.isQuiet)
            defer { progress.clear() }
            let filter = includeRevoked ? [("include_revoked", "true")] : []
            var (count, cursor): (Int, String?) = (0, nil)
            repeat {
                let page = try await session.page(["keys", "export"], query: filter, after: cursor)
                try write(page.items, to: writer)
                count += page.items.count
                cursor = page.next
                progress.show("Exporting", "\(count) keys")
            } while cursor != nil
            progress.clear()
            guard let writer else { return }
            try writer.publish()
            try finish(count, writer.path, session)
        }
    }

    private func write(_ items: [JSONValue], to writer: PrivateFileWriter?) throws {
        guard !items.isEmpty else { return }
        guard let writer else {
            return try Terminal.print(
                items.map { AdminSession.oneLine($0.serialized) }.joined(separator: "\n")
            )
        }
        var lines: [UInt8] = []
        for item in items {
            item.serialize(to: &lines)
            lines.append(0x0A)
        }
        try writer.append(lines)
    }

    private func finish(_ count: Int, _ path: String, _ session: AdminSession) throws {
        if session.isQuiet { return try Terminal.print(TerminalText.sanitized(path)) }
        try session.confirm("Exported \(count) keys to \(path).")
        guard session.output == .json else { return }
        let report = JSONObject([("file", .string(path)), ("keys", .number(JSONNumber(Int64(count))))])
        try Terminal.print(AdminSession.oneLine(JSONValue.object(report).serialized))
    }
}
