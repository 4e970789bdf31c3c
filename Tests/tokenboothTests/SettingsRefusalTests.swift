import Configuration
import Testing

@testable import tokenbooth

@Suite("Settings: what is refused")
struct SettingsRefusalTests {
    let scratch = Scratch()

    @Test(arguments: [
        ("LISTEN", "8080", "listen"), ("LISTEN", "127.0.0.1", "listen"),
        ("LISTEN", "127.0.0.1:65536", "listen"),
        ("LISTEN", "127.0.0.1:080", "listen"), ("LISTEN", "010.0.0.1:80", "listen"),
        ("LISTEN", "::1:80", "listen"),
        ("LISTEN", "", "listen"), ("ADMIN_LISTEN", "127.0.0.1:+80", "admin_listen"),
        ("ADMIN_LISTEN", "0.0.0.0:8081", "admin_listen"),
        ("ADMIN_LISTEN", "admin.example:8081", "admin_listen"),
        ("LISTEN", "0.0.0.0:8080", "issuer"), ("LISTEN", "[::]:0", "issuer"),
        ("LISTEN", "192.0.2.1:0", "issuer"),
        ("ISSUER", "http://auth.example", "issuer"), ("ISSUER", "https://auth.example/", "issuer"),
        ("TLS_CERT", "cert.pem", "tls_cert"), ("TLS_KEY", "key.pem", "tls_key"),
        ("DEV", "maybe", "dev"), ("LOG_FORMAT", "xml", "log_format"), ("LOG_LEVEL", "INFO", "log_level"),
        ("TRUSTED_PROXIES", "10.0.0.1/8", "trusted_proxies"),
        ("TRUSTED_PROXIES", "10.0.0.1,,::1", "trusted_proxies"),
        ("TRUSTED_PROXIES", "::ffff:10.0.0.0/8", "trusted_proxies"),
        ("ALGORITHMS", "HS256", "algorithms"), ("ALGORITHMS", "none", "algorithms"),
        ("ALGORITHMS", "", "algorithms"),
        ("ALGORITHMS", "ES256,ES256", "algorithms"), ("ALGORITHMS", "es256", "algorithms"),
        ("ACCESS_TOKEN_TTL_DEFAULT", "29", "access_token_ttl.default"),
        ("ACCESS_TOKEN_TTL_DEFAULT", "3601", "access_token_ttl.default"),
        ("ACCESS_TOKEN_TTL_DEFAULT", "5m", "access_token_ttl.default"),
        ("ACCESS_TOKEN_TTL_MAX", "99999999999999999999", "access_token_ttl.max"),
        ("SIGNING_KEY_ROTATION", "59s", "signing_key_rotation"),
        ("SIGNING_KEY_ROTATION", "90", "signing_key_rotation"),
        ("SIGNING_KEY_MARGIN", "59", "signing_key_margin"),
        ("REFRESH_GRACE", "-1", "refresh.grace"), ("REFRESH_GRACE", "61", "refresh.grace"),
        ("REFRESH_IDLE", "59", "refresh.idle"), ("REFRESH_IDLE", "2592001", "refresh.idle"),
        ("REFRESH_ABSOLUTE", "31536001", "refresh.absolute"), ("REFRESH_ABSOLUTE", "30d", "refresh.absolute"),
        ("REFRESH_MAX_FAMILIES", "0", "refresh.max_families"),
        ("STATUS_TTL", "0", "status_ttl"), ("STATUS_TTL", "301", "status_ttl"),
        ("STATUS_TTL", "30s", "status_ttl"),
        ("JWKS_MAX_AGE", "9", "jwks_max_age"), ("MAX_CONNECTIONS", "0", "max_connections"),
        ("ADMIN_HOSTS", "Admin.Example", "admin_hosts"),
        ("ADMIN_HOSTS", "http://admin.example", "admin_hosts"),
        ("RATE_LIMITS_FAILED_AUTHENTICATIONS", "off", "rate_limits.failed_authentications"),
        ("RATE_LIMITS_FAILED_AUTHENTICATIONS", "0/60", "rate_limits.failed_authentications"),
        ("RATE_LIMITS_FAILED_AUTHENTICATIONS", "100/2d", "rate_limits.failed_authentications"),
        ("USAGE_RETENTION", "30d", "usage_retention"), ("USAGE_RETENTION", "400", "usage_retention"),
        ("AUDIT_RETENTION", "1h", "audit_retention"), ("AUDIT_RETENTION", "400", "audit_retention"),
        ("DATA_DIR", "", "data_dir"),
    ])
    func `a value that cannot stand is refused by name, with its source`(
        variable: String,
        value: String,
        setting: String
    ) throws {
        let error = try #require(
            throws: ConfigurationError.self,
            performing: { try Settings.load(environment: ["TOKENBOOTH_\(variable)": value]) }
        )
        #expect(error.subject == setting)
        if error.source != .standard { #expect(error.description.contains("TOKENBOOTH_\(variable)")) }
        #expect(error.reason.utf8.count > 5)
    }

    @Test
    func `every mistake is told of, and none that only follows from another`() throws {
        let file = scratch.file(
            "c.yaml",
            """
            log_level: LOUD
            tls_cert: ''
            tls_key: key.pem
            refresh: {idle: 7776000, absolute: none}
            admin_listen: 0.0.0.0:8081
            dev: maybe
            jwks_max_age: 5
            """
        )
        let error = try #require(
            throws: ConfigurationError.self,
            performing: {
                try Settings.load(configurationFile: file, environment: ["TOKENBOOTH_LISTEN": "x"])
            }
        )
        let subjects = ["tls_cert", "listen", "dev", "log_level", "refresh.absolute"]
        #expect(error.mistakes.map(\.subject) == subjects)
        #expect(error.description.split(separator: "\n").count == subjects.count)
        let unknown = scratch.file("d.yaml", "a: 1\nrefresh: {b: 2}\nlisten: {c: 3}\n")
        let keys = try #require(
            throws: ConfigurationError.self,
            performing: { try Settings.load(configurationFile: unknown, environment: [:]) }
        )
        #expect(
            keys.mistakes.map { String($0.subject.prefix { $0 != " " }) } == ["a", "refresh.b", "listen"]
        )
    }

    @Test
    func `a default lifetime above the maximum is refused`() {
        #expect(throws: ConfigurationError.self) {
            try Settings.load(environment: [
                "TOKENBOOTH_ACCESS_TOKEN_TTL_DEFAULT": "301", "TOKENBOOTH_ACCESS_TOKEN_TTL_MAX": "300",
            ])
        }
    }

    @Test
    func `development mode permits plain http beyond this machine, and TLS does too`() throws {
        let open = ["TOKENBOOTH_LISTEN": "192.0.2.1:80", "TOKENBOOTH_ADMIN_LISTEN": "192.0.2.1:81"]
        #expect(throws: ConfigurationError.self) { try Settings.load(environment: open) }
        let development = try Settings.load(flags: [.development: .bool(true)], environment: open)
        #expect(development.issuer?.url == "http://192.0.2.1:80")
        let files = ["TOKENBOOTH_TLS_CERT": "c", "TOKENBOOTH_TLS_KEY": "k"]
        let secure = try Settings.load(environment: open.merging(files) { $1 })
        #expect(secure.issuer?.url == "https://192.0.2.1:80")
    }

    @Test(arguments: [
        ("jwks_max_ag: 300", "jwks_max_ag"), ("refresh: {graces: 10}", "refresh.graces"),
        ("refresh: 10", "refresh"),
        ("rate_limits: []", "rate_limits"),
        ("access_token_ttl: {maximum: 300}", "access_token_ttl.maximum"),
        ("access_token_ttl: 300", "access_token_ttl"),
        ("access_token_ttl.default: 300", "access_token_ttl.default"), ("Listen: 127.0.0.1:1", "Listen"),
        ("listen: {host: a}", "listen"), ("issuer:", "issuer"), ("1: 2", "1"), ("? [a]\n: b", "?"),
        ("data_dir: a\ndata_dir: b", "twice"), ("- a", "mapping"), ("just text", "mapping"), ("a: [", "YAML"),
        ("data_dir: a\n---\ndata_dir: b", "YAML"),
    ])
    func `an unknown key or another shape in the file is refused`(content: String, named: String) throws {
        let file = scratch.file("c.yaml", content)
        let error = try #require(
            throws: ConfigurationError.self,
            performing: { try Settings.load(configurationFile: file, environment: [:]) }
        )
        #expect(error.description.contains(named))
        #expect(error.description.contains(file))
    }

    @Test(arguments: [
        ("dev: 3", "dev"), ("dev: [true]", "dev"), ("jwks_max_age: soon", "jwks_max_age"),
        ("jwks_max_age: 3.5", "jwks_max_age"), ("max_connections: true", "max_connections"),
        ("algorithms: ES256", "algorithms"), ("algorithms: [[ES256]]", "mapping"), ("listen: [a]", "listen"),
        ("trusted_proxies: 10.0.0.0/8", "trusted_proxies"),
        ("access_token_ttl: {max: ten}", "access_token_ttl.max"),
        ("trusted_proxies: ['']", "trusted_proxies"), ("data_dir: ''", "data_dir"),
    ])
    func `a value of another type is an error and never the default`(content: String, named: String) throws {
        let file = scratch.file("c.yaml", content)
        let error = try #require(
            throws: ConfigurationError.self,
            performing: { try Settings.load(configurationFile: file, environment: [:]) }
        )
        #expect(error.description.contains(named))
    }

    @Test
    func `a configuration file that is missing, a directory or not text is refused`() {
        for path in [scratch.path + "/missing.yaml", scratch.path] {
            #expect(throws: ConfigurationError.self) {
                try Settings.load(configurationFile: path, environment: [:])
            }
        }
        #expect(throws: ConfigurationError.self) { try Settings.load(environment: ["TOKENBOOTH_CONFIG": ""]) }
    }

    @Test
    func `an empty file or one of comments sets nothing`() throws {
        for content in ["", "# nothing yet\n"] {
            let file = scratch.file("c.yaml", content)
            #expect(try Settings.load(configurationFile: file, environment: [:]).sources.isEmpty)
        }
    }

    // threats: CLI-01
    @Test
    func `an API key or a control character in the wrong place is not echoed`() throws {
        let key = "tbk_0123456789ABCDEFGHIJabcdefghij3pQYh7"
        for variable in ["LISTEN", "ISSUER", "LOG_LEVEL", "ALGORITHMS", "TRUSTED_PROXIES", "ADMIN_HOSTS"] {
            for value in [key, "x\u{1B}[2J\r\n\(key)"] {
                let error = try #require(
                    throws: ConfigurationError.self,
                    performing: { try Settings.load(environment: ["TOKENBOOTH_\(variable)": value]) }
                )
                #expect(!error.description.contains(key))
                #expect(!error.description.utf8.contains(0x1B))
            }
        }
    }

    @Test(arguments: [
        ("127.0.0.1:8080", "127.0.0.1:8080", true), ("[::1]:8080", "[0:0::1]:8080", true),
        ("0.0.0.0:8080", "127.0.0.1:8080", true), ("127.0.0.1:8080", "[::]:8080", true),
        ("localhost:8080", "127.0.0.1:8080", true), ("auth.example:8080", "auth.example:8080", true),
        ("127.0.0.1:8080", "127.0.0.1:8081", false), ("127.0.0.1:8080", "127.0.0.2:8080", false),
        ("127.0.0.1:8080", "[::1]:8080", false), ("127.0.0.1:0", "127.0.0.1:0", false),
    ])
    func `one address for both listeners is refused, naming both settings`(
        listen: String,
        admin: String,
        isRefused: Bool
    ) throws {
        let environment = [
            "TOKENBOOTH_LISTEN": listen, "TOKENBOOTH_ADMIN_LISTEN": admin, "TOKENBOOTH_DEV": "true",
            "TOKENBOOTH_ISSUER": "https://auth.example",
        ]
        guard isRefused else {
            _ = try Settings.load(environment: environment)
            return
        }
        let error = try #require(
            throws: ConfigurationError.self,
            performing: { try Settings.load(environment: environment) }
        )
        #expect(error.subject == "listen, admin_listen")
    }
}
