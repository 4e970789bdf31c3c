import AdminClient
import ArgumentParser
import OAuth
import Primitives

struct HealthCommand: CommandBody {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Ask the server whether it is ready: exit 0 if it is, 1 if not, 69 if it does not answer.",
        discussion: """
              tokenbooth health
              HEALTHCHECK CMD ["tokenbooth", "health", "-q"]
            """
    )

    @Option(
        help: ArgumentHelp(
            "Either listener; TOKENBOOTH_URL; default http://127.0.0.1:8081.",
            valueName: "url"
        )
    )
    var url: String?

    @OptionGroup var trust: TrustOptions

    @Option(name: .shortAndLong, help: "table or json.")
    var output = OutputFormat.table

    @Flag(name: .shortAndLong, help: "Print nothing; the exit code says it.")
    var quiet = false

    func perform() async throws {
        let environment = ProcessEnvironment.variables
        let server = try ServerURL(
            parsing: url ?? environment["TOKENBOOTH_URL"] ?? "http://127.0.0.1:8081",
            name: url == nil ? "TOKENBOOTH_URL" : "--url"
        )
        let client = AdminClient(
            server: server,
            credential: nil,
            trusting: try trust.certificates()
        )
        let response: AdminResponse
        do {
            response = try await client.send(.get, ["readyz"])
        } catch {
            await client.shutdown()
            throw error
        }
        await client.shutdown()
        if !quiet {
            try Terminal.print(
                output == .json
                    ? AdminSession.oneLine(response.body) : response.isSuccess ? "ready" : "not ready"
            )
        }
        guard response.isSuccess else {
            throw CommandFailure(.refused, quiet ? "" : "the server is not ready\(Self.reasons(response))")
        }
    }

    /// The checks that are not in order, or the status of an answer that names none.
    private static func reasons(_ response: AdminResponse) -> String {
        let checks = response.json?.object?["checks"]?.object?.members ?? []
        let failed = checks.filter { !bytesEqual($0.value.string ?? "", "ok") }
            .map { "\($0.name) \($0.value.string ?? "unknown")" }
        guard !failed.isEmpty else { return " (\(response.status))" }
        return ": " + TerminalText.sanitized(failed.joined(separator: ", "), limit: 200)
    }
}
