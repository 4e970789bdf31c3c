import AdminAPI
import AuthorizationServer
import Configuration
import JOSE
import Logging
import Testing

@testable import tokenbooth

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

@Suite("Settings: flag, environment, file, default")
struct SettingsOrderTests {
    let scratch = Scratch()

    @Test
    func `without any source every setting has its documented default`() throws {
        let settings = try Settings.load(environment: [:])
        #expect(settings.dataDirectory == "data")
        #expect(settings.keysDirectory == "keys")
        #expect(settings.rootKeyFile == "keys/root.key")
        #expect(settings.listen == ListenAddress(host: "127.0.0.1", port: 8080))
        #expect(settings.adminListen == ListenAddress(host: "127.0.0.1", port: 8081))
        #expect(settings.issuer?.url == "http://127.0.0.1:8080")
        #expect(settings.tls == nil)
        #expect(!settings.isDevelopment)
        #expect(settings.log == LogSettings(format: .json, level: .info))
        #expect(settings.trustedProxies.ranges.isEmpty)
        #expect(settings.algorithms == [.es256])
        #expect(settings.tokenPolicy == TokenPolicy(defaultLifetime: 300, maximumLifetime: 3600))
        #expect(settings.refresh == RefreshPolicy(grace: 10, idle: 604_800, absolute: 2_592_000))
        #expect(settings.refresh.maximumFamilies == 100)
        #expect(settings.jwksMaxAge == 300 && settings.statusTimeToLive == 30)
        #expect(settings.maxConnections == nil)
        #expect(settings.adminHosts.isEmpty)
        #expect(settings.auditRetention == nil && settings.leakKeysFile == nil)
        #expect(settings.sources.isEmpty)
        #expect(try Settings.load(environment: [:], logsToTerminal: true).log.format == .text)
    }

    @Test
    func `a flag wins over the environment, which wins over the file`() throws {
        let file = scratch.file(
            "c.yaml",
            "data_dir: from-file\nkeys_dir: from-file\nlisten: 127.0.0.1:1111\n"
        )
        let settings = try Settings.load(
            flags: [.dataDirectory: .string("from-flag")],
            environment: [
                "TOKENBOOTH_CONFIG": file, "TOKENBOOTH_DATA_DIR": "from-env",
                "TOKENBOOTH_KEYS_DIR": "from-env",
            ]
        )
        #expect(settings.dataDirectory == "from-flag")
        #expect(settings.source(of: .dataDirectory) == .flag("--data-dir"))
        #expect(settings.keysDirectory == "from-env")
        #expect(settings.source(of: .keysDirectory) == .environment("TOKENBOOTH_KEYS_DIR"))
        #expect(settings.rootKeyFile == "from-env/root.key")
        #expect(settings.listen.port == 1111)
        #expect(settings.source(of: .listen) == .file(file))
        #expect(settings.source(of: .issuer) == .standard)
        #expect(settings.issuer?.url == "http://127.0.0.1:1111")
    }

    @Test
    func `the flag for the configuration file wins over its variable`() throws {
        let first = scratch.file("a.yaml", "data_dir: a\n")
        let second = scratch.file("b.yaml", "data_dir: b\n")
        let settings = try Settings.load(configurationFile: second, environment: ["TOKENBOOTH_CONFIG": first])
        #expect(settings.dataDirectory == "b")
    }

    @Test
    func `every setting can be set in the file`() throws {
        let file = scratch.file(
            "all.yaml",
            """
            data_dir: d
            keys_dir: k
            listen: "[::1]:0"
            admin_listen: localhost:9
            tls_cert: c.pem
            tls_key: k.pem
            issuer: https://auth.example/tenant
            root_key_file: r.key
            dev: true
            log_format: text
            log_level: trace
            trusted_proxies: [10.0.0.0/8, "2001:db8::/32"]
            algorithms: [RS256, ES256]
            access_token_ttl: {default: 60, max: 120}
            refresh: {grace: 0, idle: 60, absolute: 120, max_families: 1}
            jwks_max_age: 600
            status_ttl: 1
            rate_limits: {failed_authentications: 7/1m}
            usage_retention: 31d
            signing_key_rotation: 30d
            signing_key_margin: 90
            max_connections: 100
            admin_hosts: [admin.example, "admin.example:8443"]
            audit_retention: 400d
            leak_keys_file: leaks.json
            """
        )
        let settings = try Settings.load(configurationFile: file, environment: [:])
        #expect(Set(settings.sources.keys) == Set(SettingKey.allCases))
        #expect(settings.algorithms == [.rs256, .es256])
        #expect(settings.tokenPolicy == TokenPolicy(defaultLifetime: 60, maximumLifetime: 120))
        #expect(settings.refresh == RefreshPolicy(grace: 0, idle: 60, absolute: 120, maximumFamilies: 1))
        #expect(settings.text(of: .trustedProxies) == "10.0.0.0/8, 2001:db8::/32")
        #expect(settings.issuer?.path == "/tenant")
        #expect(settings.signingKeyRotation == TimeSpan(seconds: 30 * 86_400))
        #expect(settings.text(of: .signingKeyRotation) == "30d")
        #expect(settings.text(of: .failedAuthentications) == "7/60")
        #expect(settings.usageRetention == TimeSpan(seconds: 31 * 86_400))
        #expect(settings.text(of: .auditRetention) == "400d" && settings.leakKeysFile == "leaks.json")
        #expect(settings.tls == TLSFiles(certificate: "c.pem", key: "k.pem"))
    }

    @Test
    func `every setting can be set in the environment`() throws {
        let settings = try Settings.load(environment: [
            "TOKENBOOTH_DATA_DIR": "d", "TOKENBOOTH_KEYS_DIR": "k", "TOKENBOOTH_LISTEN": "[::1]:0",
            "TOKENBOOTH_ADMIN_LISTEN": "localhost:9", "TOKENBOOTH_TLS_CERT": "c", "TOKENBOOTH_TLS_KEY": "k",
            "TOKENBOOTH_ISSUER": "https://auth.example", "TOKENBOOTH_ROOT_KEY_FILE": "r",
            "TOKENBOOTH_DEV": "1",
            "TOKENBOOTH_LOG_FORMAT": "text", "TOKENBOOTH_LOG_LEVEL": "error",
            "TOKENBOOTH_TRUSTED_PROXIES": "10.0.0.0/8, 192.0.2.1", "TOKENBOOTH_ALGORITHMS": "EdDSA,PS256",
            "TOKENBOOTH_ACCESS_TOKEN_TTL_DEFAULT": "31", "TOKENBOOTH_ACCESS_TOKEN_TTL_MAX": "32",
            "TOKENBOOTH_REFRESH_GRACE": "60", "TOKENBOOTH_REFRESH_IDLE": "31536000",
            "TOKENBOOTH_REFRESH_ABSOLUTE": "31536000", "TOKENBOOTH_REFRESH_MAX_FAMILIES": "10000",
            "TOKENBOOTH_JWKS_MAX_AGE": "10", "TOKENBOOTH_STATUS_TTL": "300",
            "TOKENBOOTH_MAX_CONNECTIONS": "7",
            "TOKENBOOTH_SIGNING_KEY_ROTATION": "12h", "TOKENBOOTH_SIGNING_KEY_MARGIN": "60",
            "TOKENBOOTH_ADMIN_HOSTS": "a.example",
            "TOKENBOOTH_RATE_LIMITS_FAILED_AUTHENTICATIONS": "none",
            "TOKENBOOTH_USAGE_RETENTION": "31d", "TOKENBOOTH_AUDIT_RETENTION": "400d",
            "TOKENBOOTH_LEAK_KEYS_FILE": "leaks.json",
        ])
        #expect(Set(settings.sources.keys) == Set(SettingKey.allCases))
        #expect(settings.algorithms == [.eddsa, .ps256])
        #expect(settings.trustedProxies.ranges.count == 2)
        #expect(settings.warnings.isEmpty)
    }

    @Test
    func `an empty list in the environment is an empty list`() throws {
        let settings = try Settings.load(environment: ["TOKENBOOTH_TRUSTED_PROXIES": ""])
        #expect(settings.trustedProxies.ranges.isEmpty)
    }

    @Test
    func `a lower maximum lowers the default lifetime that nobody set`() throws {
        let settings = try Settings.load(environment: ["TOKENBOOTH_ACCESS_TOKEN_TTL_MAX": "60"])
        #expect(settings.tokenPolicy == TokenPolicy(defaultLifetime: 60, maximumLifetime: 60))
    }

    @Test
    func `a shorter life of a family lowers the idle time that nobody set`() throws {
        let settings = try Settings.load(environment: ["TOKENBOOTH_REFRESH_ABSOLUTE": "600"])
        #expect(settings.refresh == RefreshPolicy(idle: 600, absolute: 600))
        #expect(throws: ConfigurationError.self) {
            try Settings.load(environment: [
                "TOKENBOOTH_REFRESH_ABSOLUTE": "600", "TOKENBOOTH_REFRESH_IDLE": "601",
            ])
        }
    }

    @Test
    func `an unknown variable is a warning, since platforms add variables by themselves`() throws {
        let settings = try Settings.load(environment: [
            "TOKENBOOTH_SERVICE_HOST": "10.0.0.1", "TOKENBOOTH_KEY": "x",
        ])
        #expect(settings.warnings.count == 1)
        #expect(settings.warnings.first?.hasPrefix("TOKENBOOTH_SERVICE_HOST ") == true)
    }

    @Test(
        arguments: [
            (0o600, nil), (0o640, nil), (0o660, nil), (0o604, "0604"), (0o644, "0644"), (0o602, "0602"),
        ] as [(mode_t, String?)]
    )
    func `a TLS key that every user may read or replace is a warning`(mode: mode_t, shown: String?) throws {
        // As certbot leaves it: what counts is the file behind the link.
        let (key, link) = (scratch.file("privkey1.pem", "", mode: mode), scratch.path + "/privkey.pem")
        _ = unsafe symlink(key, link)
        for path in [key, link] {
            let settings = try Settings.load(environment: [
                "TOKENBOOTH_TLS_CERT": "c", "TOKENBOOTH_TLS_KEY": path,
            ])
            #expect(settings.warnings.count == (shown == nil ? 0 : 1))
            if let shown, let warning = settings.warnings.first {
                #expect(warning.hasPrefix("tls_key: ") && warning.contains(path) && warning.contains(shown))
            }
        }
    }

    @Test
    func `the issuer of a port that the system chooses follows from the bound port`() throws {
        let settings = try Settings.load(flags: [.listen: .string("[::1]:0")], environment: [:])
        #expect(settings.issuer == nil)
        #expect(settings.issuer(boundTo: ListenAddress(host: "::1", port: 4711)).url == "http://[::1]:4711")
        let fixed = try Settings.load(environment: ["TOKENBOOTH_ISSUER": "https://auth.example"])
        #expect(fixed.issuer(boundTo: ListenAddress(host: "::1", port: 4711)).url == "https://auth.example")
    }

    @Test
    func `the root key file is found whatever the rest of the configuration says`() throws {
        let environment = ["TOKENBOOTH_LISTEN": "nonsense", "TOKENBOOTH_KEYS_DIR": "k"]
        #expect(try Settings.rootKeyFile(environment: environment) == "k/root.key")
        #expect(try Settings.rootKeyFile(environment: ["TOKENBOOTH_ROOT_KEY_FILE": "r"]) == "r")
        #expect(try Settings.rootKeyFile(environment: [:]) == "keys/root.key")
    }

    @Test
    func `a reload names the settings that need a restart`() throws {
        let old = try Settings.load(environment: [:])
        let new = try Settings.load(environment: [
            "TOKENBOOTH_DATA_DIR": "x", "TOKENBOOTH_LOG_LEVEL": "debug",
        ])
        #expect(old.needingRestart(to: new) == [.dataDirectory])
    }
}
