/// What the help of the root command and the manual both say.
enum HelpText {
    static let examples = """
        Start a server, make a key, get a token:

          tokenbooth serve --dev
          tokenbooth scopes create reports:read --description "Read reports"
          export TOKENBOOTH_KEY=$(tokenbooth keys create -q --name reports --scope reports:read)
          tokenbooth token exchange --scope reports:read
        """

    /// Variables of the client commands; those of `serve` are named after the settings.
    static let environment = [
        ("TOKENBOOTH_URL", "admin listener (http://127.0.0.1:8081)"),
        ("TOKENBOOTH_ISSUER", "issuer, for `token` (http://127.0.0.1:8080)"),
        ("TOKENBOOTH_KEY", "the API key, or"),
        ("TOKENBOOTH_KEY_FILE", "a file that holds it, mode 0600"),
        ("TOKENBOOTH_CA_CERT", "certificates to trust in place of the system's, PEM"),
        ("NO_COLOR", "no colours, whatever it is set to"),
    ]

    static let rootKey = "Without a key the root key file is used, for a server on this machine only."

    static let exitCodes =
        [("0", "done")] + CommandFailure.Code.allCases.map { ("\($0.rawValue)", $0.words) }

    static let root = """
        \(examples)

        Environment of the client commands:
        \(environment.map { "  \(padded($0.0, to: 20)) \($0.1)" }.joined(separator: "\n"))
        \(rootKey)

        Exit codes: \(exitCodes.map { "\($0.0) \($0.1)" }.joined(separator: ", ")).

        The same as a manual page: tokenbooth manual | man -l -
        """

    private static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.utf8.count))
    }
}
