import AdminClient
import ArgumentParser
import OAuth
import Primitives

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Get tokens, look into them, revoke them.",
        discussion: """
              export TOKENBOOTH_KEY_FILE=reports.key
              tokenbooth token exchange --scope reports:read
              tokenbooth token exchange -q | tokenbooth token verify --audience https://api.example
              tokenbooth token revoke --api-key leaked.key
            """,
        subcommands: [
            Exchange.self, Inspect.self, TokenVerify.self, TokenRevoke.self, TokenIntrospect.self,
        ]
    )

    enum Grant: String, ExpressibleByArgument, CaseIterable {
        case tokenExchange = "token-exchange"
        case clientCredentials = "client_credentials"
        case refreshToken = "refresh_token"

        var type: GrantType {
            switch self {
            case .tokenExchange: .tokenExchange
            case .clientCredentials: .clientCredentials
            case .refreshToken: .refreshToken
            }
        }
    }

    struct Exchange: CommandBody {
        static let configuration = CommandConfiguration(
            abstract: "Exchange an API key for an access token, or refresh one.",
            discussion: """
                The issuer's metadata are read first; the key goes only to a server that calls itself what was asked
                for.

                  tokenbooth token exchange --scope reports:read
                  curl -H "Authorization: Bearer $(tokenbooth token exchange -q)" https://api.example/reports

                A key that may refresh gets a refresh token too, which goes on without asking for everything again. Each
                is good once; the answer has the next.

                  tokenbooth token exchange -o json | jq -r .refresh_token > refresh.token
                  tokenbooth token exchange --refresh-token-file refresh.token -o json
                """
        )

        @OptionGroup var options: IssuerOptions

        @Option(
            help: "token-exchange (RFC 8693; the default), client_credentials or refresh_token (RFC 6749)."
        )
        var grantType: Grant?

        @OptionGroup var refresh: RefreshTokenOptions

        @Option(name: .customLong("scope"), help: "A scope to ask for; repeat for more; default all.")
        var scopes: [String] = []

        @Option(
            name: .customLong("audience"),
            help: "An audience to ask for; repeat for more; default the key's first."
        )
        var audiences: [String] = []

        @Option(name: .customLong("resource"), help: "A resource to ask for (RFC 8707), like an audience.")
        var resources: [String] = []

        @Option(name: .shortAndLong, help: "table or json.")
        var output = OutputFormat.table

        @Flag(name: .shortAndLong, help: "Print only the access token.")
        var quiet = false

        func perform() async throws {
            let server = try options.server()
            let key = try options.credentials.credential(for: server)
            let grant = grantType ?? (refresh.refreshTokenFile == nil ? .tokenExchange : .refreshToken)
            let refreshToken = try refresh.token(for: grant, keyFromInput: options.credentials.keyStdin)
            let request = TokenClient.Request(
                grant: grant.type,
                scopes: scopes,
                audiences: audiences,
                resources: resources,
                refreshToken: refreshToken
            )
            try show(try await options.with(server) { client in try await client.exchange(key, request) })
        }

        private func show(_ response: AdminResponse) throws {
            guard response.isSuccess, let object = response.json?.object,
                let token = object["access_token"]?.string
            else { throw CommandFailure(.refused, AdminSession.refusal(response)) }
            if quiet {
                try Terminal.print(TerminalText.sanitized(token, limit: .max))
            } else if output == .json {
                try Terminal.print(AdminSession.oneLine(response.body))
            } else {
                try Terminal.print(Table(object).lines(width: nil).joined(separator: "\n"))
            }
        }
    }

    struct Inspect: CommandBody {
        static let configuration = CommandConfiguration(
            abstract: "Print what a JWT says, without verifying it.",
            discussion: """
                The token is read from standard input or a file, for it is a secret. Exit 2 when it is no JWT.

                  tokenbooth token exchange -q | tokenbooth token inspect
                  tokenbooth token inspect token.jwt -o json
                """
        )

        @Argument(help: "A file; standard input when it is - or left out.") var file: String?

        @Option(name: .shortAndLong, help: "table or json.")
        var output = OutputFormat.table

        @Flag(name: .shortAndLong, help: "Print only its id, the claim `jti`.")
        var quiet = false

        func perform() async throws {
            let bytes = try TokenArgument.read(file)
            let report = try TokenReport(parsing: bytes, now: LogTime.now() / 1000)
            if quiet { return try report.printID() }
            Terminal.note("NOT verified: anyone can write such a token.")
            try Terminal.print(output == .json ? report.json : report.table(width: Terminal.width))
        }
    }
}
