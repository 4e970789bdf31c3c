import AdminAPI
import AdminClient
import OAuth
import Primitives

/// One command's talk with the admin API, and how it prints what comes back.
struct AdminSession: Sendable {
    let output: OutputFormat
    let isQuiet: Bool
    private let client: AdminClient
    private let server: ServerURL
    /// Where the API key came from, in words.
    private let keySource: String

    private static let prefix = ["admin", "v1"]

    /// Opens a session, runs `body`, and ends the connections however it went.
    static func with(_ options: ClientOptions, _ body: (AdminSession) async throws -> Void) async throws {
        try await with(options.connection, output: options.output, isQuiet: options.quiet, body)
    }

    static func with(
        _ options: ConnectionOptions,
        output: OutputFormat,
        isQuiet: Bool,
        _ body: (AdminSession) async throws -> Void
    ) async throws {
        let server = try options.server()
        let session = AdminSession(
            output: output,
            isQuiet: isQuiet,
            client: AdminClient(
                server: server,
                credential: try options.credentials.credential(for: server),
                trusting: try options.credentials.trust.certificates()
            ),
            server: server,
            keySource: options.credentials.source
        )
        do {
            try await body(session)
        } catch {
            await session.client.shutdown()
            throw error
        }
        await session.client.shutdown()
    }

    /// - Parameter path: Below `/admin/v1`.
    /// - Throws: ``CommandFailure`` with the server's words when it refuses.
    func send(
        _ method: AdminMethod,
        _ path: [String],
        query: [(String, String)] = [],
        body: JSONObject? = nil
    ) async throws -> AdminResponse {
        try accepted(
            await client.send(method, Self.prefix + path, query: query, body: body.map { .object($0) })
        )
    }

    /// As ``send(_:_:query:body:)`` with a body that is no JSON object.
    func send(
        _ method: AdminMethod,
        _ path: [String],
        query: [(String, String)],
        content: [UInt8],
        type: String
    ) async throws -> AdminResponse {
        try accepted(
            await client.send(method, Self.prefix + path, query: query, content: content, type: type)
        )
    }

    private func accepted(_ response: AdminResponse) throws -> AdminResponse {
        guard response.isSuccess else {
            throw CommandFailure(.refused, Self.refusal(response) + advice(on: response))
        }
        return response
    }

    /// What to do about a refusal whose cause lies here and not in what was asked for.
    private func advice(on response: AdminResponse) -> String {
        if response.status == 401 { return "\n  The API key came from \(keySource)." }
        // Problem documents have a title: what has none is no answer of the admin API.
        guard response.status == 404, response.json?.object?["title"] == nil else { return "" }
        return "\n  Is \(server.text) the admin listener? Set --url or TOKENBOOTH_URL."
    }

    /// Every item of a list, page after page, or the first of them.
    ///
    /// - Parameter things: What the items are called while there are more to come: on a terminal only.
    func list(
        _ path: [String],
        query: [(String, String)] = [],
        atMost limit: Int? = nil,
        counting things: String = "items"
    ) async throws -> [JSONObject] {
        var progress = ProgressLine(isQuiet: isQuiet)
        defer { progress.clear() }
        var items: [JSONObject] = []
        var cursor: String?
        repeat {
            let page = try await page(
                path,
                query: query + [("limit", String(min(limit ?? 200, 200)))],
                after: cursor
            )
            guard page.next == nil || !page.items.isEmpty else { throw endless }
            items += page.items.compactMap(\.object)
            cursor = page.next
            if cursor != nil { progress.show("Reading", "\(items.count) \(things)") }
        } while cursor != nil && items.count < limit ?? .max
        return Array(items.prefix(limit ?? items.count))
    }

    /// One page of a list, and where the next one begins.
    func page(_ path: [String], query: [(String, String)], after cursor: String?) async throws -> (
        items: [JSONValue], next: String?
    ) {
        let query = query + (cursor.map { [("cursor", $0)] } ?? [])
        let response = try await send(.get, path, query: query)
        guard let object = response.json?.object, let items = object["items"]?.array else {
            throw misunderstood("list")
        }
        let next = object["next_cursor"]?.string
        guard next == nil || next != cursor else { throw endless }
        return (items, next)
    }

    private var endless: CommandFailure {
        CommandFailure(
            .refused,
            "the list that \(server.text) gives does not end: does a cache or proxy before it drop the query of URLs?"
        )
    }

    /// An answer of success that is none of the admin API.
    ///
    /// - Parameter kind: What it should have been.
    func misunderstood(_ kind: String) -> CommandFailure {
        CommandFailure(
            .refused,
            "\(server.text) answered with success, but with no \(kind): is it the admin listener of a server of this "
                + "version (\(Server.version))? Set --url or TOKENBOOTH_URL."
        )
    }

    /// Prints one object: as the server wrote it, or as a table of its members; quietly only `name`.
    func show(_ response: AdminResponse, quietly name: String) throws {
        let object = response.json?.object
        if isQuiet, let object {
            try Terminal.print(TerminalText.sanitized(Self.text(object[name] ?? .null)))
        } else if let object, output == .table {
            // Nothing is cut here: a secret that is shown once must be whole.
            try Terminal.print(Table(object).lines(width: nil).joined(separator: "\n"))
        } else if !isQuiet {
            try Terminal.print(Self.oneLine(response.body))
        }
    }

    /// Prints the answer's object, or `words` when it has none.
    func showIfAny(_ response: AdminResponse, else words: String) throws {
        guard response.json?.object == nil else { return try show(response, quietly: "id") }
        try confirm(words)
    }

    /// Prints a list with these members as columns; quietly only the first of them.
    func show(_ items: [JSONObject], columns: [String]) throws {
        if isQuiet {
            guard !items.isEmpty, let name = columns.first else { return }
            let names = items.map { TerminalText.sanitized(Self.text($0[name] ?? .null)) }
            try Terminal.print(names.joined(separator: "\n"))
        } else if output == .json {
            let page = JSONObject([("items", .array(items.map { .object($0) }))])
            try Terminal.print(Self.oneLine(JSONValue.object(page).serialized))
        } else {
            let rows = items.map { item in columns.map { Self.text(item[$0] ?? .null) } }
            let table = Table(header: columns.map { $0.uppercased() }, rows: rows)
            try Terminal.print(table.lines(width: Terminal.width).joined(separator: "\n"))
        }
    }

    /// Says what was deleted, which the server does without a word; quietly only by what it was named.
    ///
    /// - Parameter member: Of the JSON object that holds the name.
    func showDeleted(_ name: String, as member: String, _ words: String) throws {
        guard !isQuiet else { return try Terminal.print(TerminalText.sanitized(name)) }
        try confirm(words)
        guard output == .json else { return }
        let answer = JSONObject([(member, .string(name)), ("deleted", .bool(true))])
        try Terminal.print(Self.oneLine(JSONValue.object(answer).serialized))
    }

    /// Says that it is done, where there is nothing to print.
    func confirm(_ words: String) throws {
        if !isQuiet, output == .table { try Terminal.print(TerminalText.sanitized(words)) }
    }

    /// A value for a table cell.
    static func text(_ value: JSONValue) -> String {
        switch value {
        case .null: "-"
        case .bool(let bool): bool ? "yes" : "no"
        case .number(let number): number.text
        case .string(let string): string
        case .array(let values): values.isEmpty ? "(none)" : values.map(text).joined(separator: " ")
        case .object: String(decoding: value.serialized, as: UTF8.self)
        }
    }

    /// JSON as the server wrote it, but safe for a terminal: what is escaped means the same.
    static func oneLine(_ body: [UInt8]) -> String {
        TerminalText.sanitized(String(decoding: body.withoutTrailingSpace, as: UTF8.self), limit: .max)
    }

    /// The problem document (RFC 9457) or token error (RFC 6749 §5.2) in words.
    static func refusal(_ response: AdminResponse) -> String {
        guard let object = response.json?.object else { return "the server answered \(response.status)" }
        let title =
            object["title"]?.string ?? object["error"]?.string ?? "the server answered \(response.status)"
        let detail = object["detail"]?.string ?? object["error_description"]?.string
        var lines = [detail.map { "\(title): \($0)" } ?? title]
        for mistake in object["errors"]?.array ?? [] {
            let pointer = mistake.object?["pointer"]?.string ?? ""
            lines.append("  \(pointer): \(mistake.object?["detail"]?.string ?? "")")
        }
        if let seconds = response.retryAfter {
            lines.append("  Try again in \(TimeSpan(seconds: Int64(seconds)).words).")
        }
        if let id = object["request_id"]?.string { lines.append("  (request \(id))") }
        return lines.joined(separator: "\n")
    }
}
