import Configuration

/// Every setting of the server, by its name in the configuration file.
enum SettingKey: String, Sendable, CaseIterable {
    case dataDirectory = "data_dir"
    case keysDirectory = "keys_dir"
    case listen
    case adminListen = "admin_listen"
    case tlsCertificate = "tls_cert"
    case tlsKey = "tls_key"
    case issuer
    case rootKeyFile = "root_key_file"
    case development = "dev"
    case logFormat = "log_format"
    case logLevel = "log_level"
    case trustedProxies = "trusted_proxies"
    case algorithms
    case accessTokenDefault = "access_token_ttl.default"
    case accessTokenMaximum = "access_token_ttl.max"
    case refreshGrace = "refresh.grace"
    case refreshIdle = "refresh.idle"
    case refreshAbsolute = "refresh.absolute"
    case refreshMaximumFamilies = "refresh.max_families"
    case failedAuthentications = "rate_limits.failed_authentications"
    case usageRetention = "usage_retention"
    case jwksMaxAge = "jwks_max_age"
    case signingKeyRotation = "signing_key_rotation"
    case signingKeyMargin = "signing_key_margin"
    case statusTimeToLive = "status_ttl"
    case maxConnections = "max_connections"
    case adminHosts = "admin_hosts"
    case auditRetention = "audit_retention"
    case leakKeysFile = "leak_keys_file"

    /// The keys that lead to the value in the file, outermost first.
    var path: [String] { rawValue.split(separator: ".").map(String.init) }

    /// `TOKENBOOTH_` and the name in capitals, with underscores for dots.
    var environmentName: String {
        "TOKENBOOTH_" + rawValue.uppercased().split(separator: ".").joined(separator: "_")
    }

    /// The flag of `serve`; the less common settings have none.
    var flag: String? {
        switch self {
        case .trustedProxies, .algorithms, .accessTokenDefault, .accessTokenMaximum, .refreshGrace,
            .refreshIdle, .refreshAbsolute, .refreshMaximumFamilies, .jwksMaxAge, .statusTimeToLive,
            .signingKeyRotation, .signingKeyMargin, .maxConnections, .adminHosts, .failedAuthentications,
            .usageRetention, .auditRetention, .leakKeysFile:
            nil
        default: "--" + rawValue.split(separator: "_").joined(separator: "-")
        }
    }

    var type: ConfigType {
        switch self {
        case .development: .bool
        case .accessTokenDefault, .accessTokenMaximum, .refreshGrace, .refreshIdle, .refreshAbsolute,
            .refreshMaximumFamilies, .jwksMaxAge, .statusTimeToLive, .signingKeyMargin, .maxConnections:
            .int
        case .trustedProxies, .algorithms, .adminHosts: .stringArray
        default: .string
        }
    }

    /// Whether a change takes effect at SIGHUP; the others need a restart.
    var isReloadable: Bool {
        switch self {
        case .logLevel, .trustedProxies, .accessTokenDefault, .accessTokenMaximum, .refreshGrace,
            .refreshIdle, .refreshAbsolute, .refreshMaximumFamilies, .statusTimeToLive, .signingKeyRotation,
            .failedAuthentications, .leakKeysFile:
            true
        default: false
        }
    }
}

/// Where the value of a setting came from, in order of precedence.
enum SettingSource: Sendable, Equatable, CustomStringConvertible {
    case flag(String)
    case environment(String)
    case file(String)
    case standard

    var description: String {
        switch self {
        case .flag(let name): name
        case .environment(let name): name
        case .file(let path): path
        case .standard: "default"
        }
    }
}
