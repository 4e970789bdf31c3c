import AdminAPI
import AuthorizationServer
import JOSE
import Logging
import OAuth
import Primitives

extension Settings {
    /// The value of a setting as `config show` prints it; `nil` when it is not set and has no default.
    ///
    /// No setting holds a secret: keys and certificates are named by their files.
    func text(of key: SettingKey) -> String? {
        switch value(of: key) {
        case .string(let text): text
        case .array(let entries): entries.compactMap(\.string).joined(separator: ", ")
        case .number(let number): number.text
        case .bool(let bool): bool ? "true" : "false"
        default: nil
        }
    }

    /// The value of a setting for machines.
    func value(of key: SettingKey) -> JSONValue {
        switch key {
        case .dataDirectory: .string(dataDirectory)
        case .keysDirectory: .string(keysDirectory)
        case .listen: .string(listen.description)
        case .adminListen: .string(adminListen.description)
        case .tlsCertificate: Self.optional(tls?.certificate)
        case .tlsKey: Self.optional(tls?.key)
        case .issuer: Self.optional(issuer?.url)
        case .rootKeyFile: .string(rootKeyFile)
        case .development: .bool(isDevelopment)
        case .logFormat: .string(log.format.rawValue)
        case .logLevel: .string(log.level.rawValue)
        case .trustedProxies: .array(trustedProxyRanges.map { .string($0) })
        case .algorithms: .array(algorithms.map { .string($0.rawValue) })
        case .accessTokenDefault: .number(JSONNumber(Int64(tokenPolicy.defaultLifetime)))
        case .accessTokenMaximum: .number(JSONNumber(Int64(tokenPolicy.maximumLifetime)))
        case .refreshGrace: .number(JSONNumber(Int64(refresh.grace)))
        case .refreshIdle: .number(JSONNumber(Int64(refresh.idle)))
        case .refreshAbsolute: .number(JSONNumber(Int64(refresh.absolute)))
        case .refreshMaximumFamilies: .number(JSONNumber(Int64(refresh.maximumFamilies)))
        case .failedAuthentications: .string(failedAuthentications?.text ?? "none")
        case .usageRetention: .string(usageRetention.text)
        case .jwksMaxAge: .number(JSONNumber(Int64(jwksMaxAge)))
        case .signingKeyRotation: .string(signingKeyRotation.text)
        case .signingKeyMargin: .number(JSONNumber(Int64(signingKeyMargin)))
        case .statusTimeToLive: .number(JSONNumber(Int64(statusTimeToLive)))
        case .maxConnections: maxConnections.map { .number(JSONNumber(Int64($0))) } ?? .null
        case .adminHosts: .array(adminHosts.map { .string($0) })
        case .auditRetention: Self.optional(auditRetention?.text)
        case .leakKeysFile: Self.optional(leakKeysFile)
        }
    }

    private static func optional(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
}
