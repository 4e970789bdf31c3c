import AdminAPI
import AuthorizationServer
import Configuration
import JOSE
import Logging

extension Settings {
    /// Reads the configuration: flag, environment, file, default, in this order.
    ///
    /// - Parameters:
    ///   - flags: Values of the command line, as they were typed.
    ///   - configurationFile: Of `--config`; `TOKENBOOTH_CONFIG` when `nil`.
    ///   - environment: All variables of the process.
    ///   - logsToTerminal: Whether standard error is a terminal: the default of `log_format`.
    /// - Throws: ``ConfigurationError`` for the settings that cannot stand.
    static func load(
        flags: [SettingKey: ConfigContent] = [:],
        configurationFile: String? = nil,
        environment: [String: String],
        logsToTerminal: Bool = false
    ) throws(ConfigurationError) -> Settings {
        var file: ConfigurationFile?
        if let path = configurationFile ?? environment["TOKENBOOTH_CONFIG"] {
            file = try ConfigurationFile(path: path)
        }
        var values = SettingValues(SettingLayers(flags: flags, environment: environment, file: file))
        let keysDirectory = values.string(.keysDirectory) ?? "keys"
        let tls = values.tlsFiles()
        let listen = values.address(.listen) ?? ListenAddress(host: "127.0.0.1", port: 8080)
        // Short ages are for tests: nobody rotates every few seconds by mistake.
        // Nothing else is called wrong because this is.
        let isDevelopment = values.bool(.development) ?? values.isMistaken(.development)
        let proxies = values.list(.trustedProxies) ?? []
        var settings = Settings(
            dataDirectory: values.string(.dataDirectory) ?? "data",
            keysDirectory: keysDirectory,
            listen: listen,
            adminListen: values.address(.adminListen) ?? ListenAddress(host: "127.0.0.1", port: 8081),
            tls: tls,
            issuer: values.issuer()
                ?? (listen.port == 0 ? nil : Issuer(listener: listen, isSecure: tls != nil)),
            rootKeyFile: values.string(.rootKeyFile) ?? keysDirectory + "/root.key",
            isDevelopment: isDevelopment,
            log: LogSettings(
                format: values.choice(.logFormat) ?? (logsToTerminal ? .text : .json),
                level: values.choice(.logLevel) ?? .info
            ),
            trustedProxies: values.addressList(proxies, of: .trustedProxies),
            trustedProxyRanges: proxies,
            algorithms: values.algorithms() ?? [.es256],
            tokenPolicy: values.tokenPolicy(),
            refresh: values.refreshPolicy(),
            failedAuthentications: values.failureLimit(),
            usageRetention: values.span(
                .usageRetention,
                // Monthly quotas go on from it after a restart.
                in: TimeSpan(seconds: 31 * 86_400)...TimeSpan(seconds: 3_650 * 86_400)
            ) ?? TimeSpan(seconds: 400 * 86_400),
            jwksMaxAge: values.integer(.jwksMaxAge, in: (isDevelopment ? 1 : 10)...86400) ?? 300,
            signingKeyRotation: values.span(
                .signingKeyRotation,
                in: TimeSpan(seconds: isDevelopment ? 1 : 60)...TimeSpan(seconds: 3660 * 86400)
            ) ?? TimeSpan(seconds: 90 * 86400),
            signingKeyMargin: values.integer(.signingKeyMargin, in: (isDevelopment ? 1 : 60)...3600)
                ?? 60,
            statusTimeToLive: values.integer(.statusTimeToLive, in: 1...300) ?? 30,
            maxConnections: values.integer(.maxConnections, in: 1...1_000_000),
            adminHosts: values.hosts(.adminHosts) ?? [],
            auditRetention: values.span(
                .auditRetention,
                in: TimeSpan(seconds: 86400)...TimeSpan(seconds: 36_500 * 86400)
            ),
            leakKeysFile: values.string(.leakKeysFile),
            sources: values.sources,
            warnings: unknownVariables(in: environment)
        )
        // What depends on several settings can be judged when each of them stands.
        if let mistakes = ConfigurationError(values.mistakes) ?? ConfigurationError(settings.contradictions) {
            throw mistakes
        }
        if let warning = settings.tls?.warning { settings.warnings.append(warning) }
        return settings
    }

    /// Where the root key file is, whatever else the configuration says: for commands that are no server.
    ///
    /// - Throws: ``ConfigurationError`` when the file or one of the settings that name it cannot be read.
    static func rootKeyFile(environment: [String: String]) throws(ConfigurationError) -> String {
        var file: ConfigurationFile?
        if let path = environment["TOKENBOOTH_CONFIG"] { file = try ConfigurationFile(path: path) }
        var values = SettingValues(SettingLayers(flags: [:], environment: environment, file: file))
        let path = values.string(.rootKeyFile) ?? (values.string(.keysDirectory) ?? "keys") + "/root.key"
        if let mistakes = ConfigurationError(values.mistakes) { throw mistakes }
        return path
    }

    /// What the settings cannot say together.
    private var contradictions: [ConfigurationError] {
        var mistakes = isDevelopment ? [] : exposures
        if listen.collides(with: adminListen) {
            mistakes.append(
                ConfigurationError(
                    "listen, admin_listen",
                    "\(listen) and \(adminListen) are one address: each listener needs a port of its own"
                )
            )
        }
        return mistakes
    }

    /// Plain HTTP is for this machine only: tokens and API keys travel in the clear.
    private var exposures: [ConfigurationError] {
        var mistakes: [ConfigurationError] = []
        if !adminListen.isLoopback, tls == nil {
            mistakes.append(
                ConfigurationError(
                    .adminListen,
                    from: source(of: .adminListen),
                    "\(adminListen) can be reached from outside and there is no TLS: set tls_cert and tls_key, or listen on 127.0.0.1"
                )
            )
        }
        let isSecure = issuer?.isSecure ?? (tls != nil)
        let isLoopback = issuer?.isLoopback ?? listen.isLoopback
        if source(of: .issuer) == .standard, listen.isWildcard {
            mistakes.append(
                ConfigurationError(
                    .issuer,
                    from: .standard,
                    "cannot follow from \(listen), which names no host: set it to the public URL"
                )
            )
        } else if !isSecure, !isLoopback {
            mistakes.append(
                ConfigurationError(
                    .issuer,
                    from: source(of: .issuer),
                    "\(issuer?.url ?? "http://\(listen)") is plain http and not on this machine: use an https URL"
                )
            )
        }
        return mistakes
    }

    func source(of key: SettingKey) -> SettingSource { sources[key] ?? .standard }

    /// Variables with our prefix that no part of the program reads: probably typing errors.
    ///
    /// Only a warning: container platforms add variables such as `TOKENBOOTH_SERVICE_HOST` by themselves.
    private static func unknownVariables(in environment: [String: String]) -> [String] {
        let known = SettingKey.allCases.map(\.environmentName) + clientVariables
        return environment.keys
            .filter { $0.utf8.starts(with: "TOKENBOOTH_".utf8) && !known.contains($0) }
            .sorted()
            .map {
                "\(TerminalText.sanitized($0, limit: 80)) is not a setting of this version and is ignored"
            }
    }

    private static let clientVariables = [
        "TOKENBOOTH_CONFIG", "TOKENBOOTH_URL", "TOKENBOOTH_KEY", "TOKENBOOTH_KEY_FILE", "TOKENBOOTH_ISSUER",
        "TOKENBOOTH_CA_CERT", "TOKENBOOTH_REFRESH_TOKEN",
    ]
}
