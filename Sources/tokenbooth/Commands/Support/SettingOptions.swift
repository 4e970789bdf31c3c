import ArgumentParser
import Configuration

/// The server's settings as flags; the values are judged where all sources meet.
struct SettingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Configuration file (YAML); TOKENBOOTH_CONFIG.", valueName: "path"))
    var config: String?

    @Option(help: ArgumentHelp("Where the database lives; default data.", valueName: "path"))
    var dataDir: String?

    @Option(help: ArgumentHelp("Where signing keys live; default keys.", valueName: "path"))
    var keysDir: String?

    @Option(
        help: ArgumentHelp(
            "Public listener; port 0 picks one; default 127.0.0.1:8080.",
            valueName: "host:port"
        )
    )
    var listen: String?

    @Option(help: ArgumentHelp("Admin listener; default 127.0.0.1:8081.", valueName: "host:port"))
    var adminListen: String?

    @Option(help: ArgumentHelp("TLS certificate chain, PEM, for both listeners.", valueName: "path"))
    var tlsCert: String?

    @Option(help: ArgumentHelp("TLS private key, PEM.", valueName: "path"))
    var tlsKey: String?

    @Option(
        help: ArgumentHelp(
            "Public URL, without trailing slash; default the public listener.",
            valueName: "url"
        )
    )
    var issuer: String?

    @Option(
        help: ArgumentHelp(
            "Where the root API key is written; default <keys-dir>/root.key.",
            valueName: "path"
        )
    )
    var rootKeyFile: String?

    @Flag(help: "Development mode: a sample key, and plain http beyond this machine.")
    var dev = false

    @Option(help: ArgumentHelp("json or text; default text on a terminal, else json.", valueName: "format"))
    var logFormat: String?

    @Option(help: ArgumentHelp("trace, debug, info, notice, warning, error or critical.", valueName: "level"))
    var logLevel: String?

    /// What was typed.
    var flags: [SettingKey: ConfigContent] {
        let texts: [SettingKey: String?] = [
            .dataDirectory: dataDir, .keysDirectory: keysDir, .listen: listen, .adminListen: adminListen,
            .tlsCertificate: tlsCert, .tlsKey: tlsKey, .issuer: issuer, .rootKeyFile: rootKeyFile,
            .logFormat: logFormat, .logLevel: logLevel,
        ]
        var flags = texts.compactMapValues { $0.map { ConfigContent.string($0) } }
        if dev { flags[.development] = .bool(true) }
        return flags
    }

    /// - Throws: ``ConfigurationError`` for the settings that cannot stand.
    func load() throws(ConfigurationError) -> Settings {
        try Settings.load(
            flags: flags,
            configurationFile: config,
            environment: ProcessEnvironment.variables,
            logsToTerminal: Terminal.isErrorTerminal
        )
    }
}
