import AdminAPI
import AdminClient
import ArgumentParser
import Primitives

struct KeysImport: CommandBody {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take over the keys of an export that are not here yet.",
        discussion: """
            For super admins. Every row is checked as if the key were created, and no key that is here is changed: one
            that is the same is `unchanged`, one that differs a `conflict`. So an import that was cut off can be run
            again. Projects must exist, with the same id or name; scopes too, unless --create-scopes adds them. A key
            whose owner is not here belongs to you. Exit 1 when a row was not taken.

              tokenbooth keys import keys.ndjson --dry-run
              tokenbooth keys import keys.ndjson --create-scopes
              ssh old tokenbooth keys export | tokenbooth keys import -
            """
    )

    @OptionGroup var options: ClientOptions
    @Argument(help: ArgumentHelp("An export; `-` for standard input.", valueName: "path")) var file: String

    @Flag(help: "Only say what would happen to each row.")
    var dryRun = false

    @Flag(help: "Add scopes that the catalogue does not have yet; not with standard input or --dry-run.")
    var createScopes = false

    func validate() throws {
        guard !createScopes || !dryRun && file != "-" else {
            throw ValidationError("--create-scopes reads the file first, and changes the catalogue.")
        }
    }

    func perform() async throws {
        guard file != "-" || !options.connection.credentials.keyStdin else {
            throw CommandFailure(.usage, "standard input holds the API key: give the export as a file")
        }
        var lines = try LineReader(try SecretArgument.checked(file))
        try await AdminSession.with(options) { session in
            if createScopes { try await session.addMissingScopes(try Self.scopes(in: file)) }
            var progress = ProgressLine(isQuiet: session.isQuiet)
            defer { progress.clear() }
            var results: [KeyImportResult] = []
            do {
                try await Self.send(&lines) { [dryRun] batch in
                    try await session.imported(batch, isDryRun: dryRun)
                } done: { part in
                    results += part
                    progress.show(dryRun ? "Checking" : "Importing", "\(results.count) keys")
                }
            } catch {
                progress.clear()
                if !dryRun, !results.isEmpty {
                    Terminal.note("\(results.count) rows are done: run it again for the rest.")
                }
                throw error
            }
            results.sort { $0.line < $1.line }
            progress.clear()
            try session.show(KeyImportReport(isDryRun: dryRun, results: results))
        }
    }

    /// Two parts are under way at a time, so that the server reads one while it writes the other; a part that names a
    /// key of another waits for that one.
    static func send(
        _ lines: inout LineReader,
        _ send: @escaping @Sendable (ImportBatch) async throws -> [KeyImportResult],
        done: ([KeyImportResult]) -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: (line: Int, results: [KeyImportResult]).self) { group in
            // By the first line of each.
            var underWay: [Int: ImportBatch] = [:]
            while let batch = try ImportBatch(&lines) {
                while underWay.count > 1 || !underWay.values.allSatisfy(batch.isIndependent),
                    let part = try await group.next()
                {
                    done(part.results)
                    underWay[part.line] = nil
                }
                underWay[batch.numbers[0]] = batch
                group.addTask { (batch.numbers[0], try await send(batch)) }
            }
            while let part = try await group.next() { done(part.results) }
        }
    }

    /// Every scope that a row has; rows that cannot be read are the server's to refuse.
    private static func scopes(in file: String) throws -> [String] {
        var lines = try LineReader(file)
        var seen: Set<ByteString> = []
        var spelled = SpelledScopes()
        var scopes: [String] = []
        while let line = try lines.next() {
            let spelling = SpelledScopes.list(in: line.text)
            if let spelling, spelled.known.contains(spelling) { continue }
            let list = (try? JSONValue(parsing: line.text))?.object?["scopes"]
            if let spelling, list != nil { spelled.known.insert(spelling) }
            for case let scope? in (list?.array ?? []).map(\.string)
            where seen.insert(ByteString(scope)).inserted { scopes.append(scope) }
        }
        return scopes
    }
}

extension AdminSession {
    fileprivate func imported(_ batch: ImportBatch, isDryRun: Bool) async throws -> [KeyImportResult] {
        let response = try await send(
            .post,
            ["keys", "import"],
            query: isDryRun ? [("dry_run", "true")] : [],
            content: batch.content,
            type: "application/x-ndjson"
        )
        guard let json = response.json, let report = try? KeyImportReport(parsing: json),
            report.results.count == batch.numbers.count
        else { throw misunderstood("report of this import") }
        return zip(report.results, batch.numbers).map { result, number in
            var result = result
            result.line = number
            return result
        }
    }

    /// Prints every row as JSON; as a table only those that were not taken; quietly the ids of new keys.
    fileprivate func show(_ report: KeyImportReport) throws {
        let failures = report.results.filter { $0.outcome == .conflict || $0.outcome == .refused }
        if isQuiet {
            let ids = report.results.filter { $0.outcome == .created }.compactMap { $0.id?.description }
            if !ids.isEmpty { try Terminal.print(ids.joined(separator: "\n")) }
        } else if output == .json {
            try Terminal.print(Self.oneLine(report.json.serialized))
        } else {
            if !failures.isEmpty { try show(failures) }
            let verb = report.isDryRun ? "would be created" : "created"
            try confirm(
                "\(report.results.count) rows: \(report.count(.created)) \(verb), \(report.count(.unchanged)) unchanged, "
                    + "\(report.count(.conflict)) in conflict, \(report.count(.refused)) refused."
            )
        }
        guard failures.isEmpty else { throw CommandFailure(.refused, "") }
    }

    private func show(_ failures: [KeyImportResult]) throws {
        let rows = failures.map { result in
            let reasons = result.mistakes.map {
                $0.pointer.isEmpty ? $0.detail : "\($0.pointer) \($0.detail)"
            }
            return [
                String(result.line), result.id?.description ?? "-", result.outcome.rawValue,
                reasons.joined(separator: "; "),
            ]
        }
        let table = Table(header: ["LINE", "ID", "RESULT", "REASON"], rows: rows)
        try Terminal.print(table.lines(width: Terminal.width).joined(separator: "\n"))
    }
}
