import AdminAPI
import AuthorizationServer
import JOSE
import OAuth

/// The effective configuration of the server, complete and checked.
///
/// Having the value means that every setting parsed, lies in its range and agrees with the others.
struct Settings: Sendable {
    var dataDirectory: String
    var keysDirectory: String
    /// Public listener.
    var listen: ListenAddress
    var adminListen: ListenAddress
    /// Both listeners; `nil` for plain HTTP.
    var tls: TLSFiles?
    /// `nil` until the public listener is bound, when it is to follow from a port that the system chooses.
    var issuer: Issuer?
    var rootKeyFile: String
    var isDevelopment: Bool
    var log: LogSettings
    /// Peers whose `X-Forwarded-For` is believed; none by default.
    var trustedProxies: AddressList
    /// The same as they were written.
    var trustedProxyRanges: [String]
    /// At least one; the first is the default.
    var algorithms: [JWSAlgorithm]
    /// In seconds; default 300, and at most 3600.
    var tokenPolicy: TokenPolicy
    var refresh: RefreshPolicy
    /// Refused credentials of one address, past which the answer is 429; `nil`: any number; default 100 in 60 s.
    var failedAuthentications: RateLimit?
    /// For how long counters of use are kept: a day to ten years, default 400 days.
    var usageRetention: TimeSpan
    /// Seconds for which verifiers may keep the key set; 10 to 86400 (from 1 in development), default 300.
    var jwksMaxAge: Int
    /// After which a signing key is replaced; a minute to ten years (from a second in development), default 90 days.
    var signingKeyRotation: TimeSpan
    /// Seconds on top of every wait of a signing key; 60 to 3600 (from 1 in development), default 60.
    var signingKeyMargin: Int
    /// Seconds after which verifiers fetch a status list anew; 1 to 300, default 30.
    var statusTimeToLive: Int
    /// Per listener; `nil` for as many as ``ConnectionShares`` allows, beyond which no value goes.
    var maxConnections: Int?
    /// `Host` values that the admin listener answers to; empty for its own address and `localhost`.
    var adminHosts: [String]
    /// After which events of the audit trail are forgotten; a day to a hundred years, `nil` for never.
    var auditRetention: TimeSpan?
    /// Public keys of those who may report leaked keys; `nil`: nobody.
    var leakKeysFile: String?

    /// Where each value came from.
    var sources: [SettingKey: SettingSource]
    /// What is odd but no error, in words, such as an environment variable that nothing reads or a TLS key that
    /// everybody may.
    var warnings: [String]

    /// The issuer, once the public listener's port is known.
    func issuer(boundTo address: ListenAddress) -> Issuer {
        issuer ?? Issuer(listener: ListenAddress(host: listen.host, port: address.port), isSecure: tls != nil)
    }

    /// Settings that differ and take effect only at a restart, for the log at SIGHUP.
    func needingRestart(to new: Settings) -> [SettingKey] {
        SettingKey.allCases.filter { key in !key.isReloadable && text(of: key) != new.text(of: key) }
    }
}
