import ArgumentParser
import AuthorizationServer

/// What `serve` was asked to do.
struct ServeStart: Sendable {
    let settings: Settings
    /// Revoke the root key and write a new one before anything else.
    let replacesRootKey: Bool
    let consent: RestoreConsent
    /// Reads the settings anew, at SIGHUP.
    let reload: @Sendable () throws -> Settings
    /// A test puts another here, to see that the server does not start with it.
    var signer = SigningKeyStages.signer
}

struct ServeCommand: CommandBody {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the server.",
        discussion: """
            The first start makes the signing key, the project `default` and the root API key, which is written once
            to the root key file. Settings come from flags, then the environment (TOKENBOOTH_ and the name in
            capitals), then the configuration file; `tokenbooth config show` prints them with their sources.

              tokenbooth serve --dev
              tokenbooth serve --config /etc/tokenbooth.yaml
              tokenbooth serve --issuer https://auth.example --listen 127.0.0.1:8080

            SIGHUP reads the configuration again; SIGTERM finishes requests in flight and stops.
            """
    )

    @OptionGroup var options: SettingOptions

    @Flag(help: "Revoke the root key and write a new one: the way back when no super admin is left.")
    var newRootKey = false

    @Flag(
        help: """
            Serve a database that was restored: ends all refresh tokens, and refuses tokens issued before. Once, \
            never in a unit file.
            """
    )
    var acceptRestore = false

    @Flag(
        help:
            "With --accept-restore: take this machine's clock as right, though the database has seen a later time."
    )
    var acceptClock = false

    func validate() throws {
        guard acceptRestore || !acceptClock else {
            throw ValidationError("--accept-clock goes with --accept-restore")
        }
    }

    func perform() async throws {
        let options = options
        let start = ServeStart(
            settings: try options.load(),
            replacesRootKey: newRootKey,
            consent: RestoreConsent(acceptsRestore: acceptRestore, acceptsClock: acceptClock),
            reload: { try options.load() }
        )
        do { try await Server.run(start) } catch let error as StoreUnavailable {
            throw CommandFailure(
                .refused,
                """
                the database in \(start.settings.dataDirectory) cannot be used: \(error.reason). If its disk is full or \
                has failed, make room or mend it and start again; else `tokenbooth db check` says more
                """
            )
        }
    }
}
