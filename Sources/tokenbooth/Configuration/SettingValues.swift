import AdminAPI
import AuthorizationServer
import Configuration
import JOSE

/// Reads settings as the values that they stand for, and notes where each came from.
///
/// A value that cannot stand is noted as well, and left out: all of them are told of at once.
struct SettingValues {
    private let layers: SettingLayers
    private(set) var sources: [SettingKey: SettingSource] = [:]
    private(set) var mistakes: [ConfigurationError] = []

    init(_ layers: SettingLayers) { self.layers = layers }

    /// - Returns: `nil` when the setting is nowhere set.
    mutating func string(_ key: SettingKey) -> String? {
        guard case .string(let value)? = content(of: key) else { return nil }
        guard !value.utf8.contains(0) else { return refuse(key, "has a NUL in it") }
        return value
    }

    mutating func bool(_ key: SettingKey) -> Bool? {
        guard case .bool(let value)? = content(of: key) else { return nil }
        return value
    }

    mutating func integer(_ key: SettingKey, in range: ClosedRange<Int>) -> Int? {
        guard case .int(let value)? = content(of: key) else { return nil }
        guard range.contains(value) else {
            return refuse(key, "is \(value): the range is \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// A length of time such as `90d`.
    mutating func span(_ key: SettingKey, in range: ClosedRange<TimeSpan>) -> TimeSpan? {
        guard let text = string(key) else { return nil }
        guard let span = TimeSpan(parsing: text) else {
            return refuse(
                key,
                "is \(ConfigurationError.quoted(text)): write a length of time, such as 90d or 12h"
            )
        }
        guard range.contains(span) else {
            return refuse(
                key,
                "is \(span.text): the range is \(range.lowerBound.text) to \(range.upperBound.text)"
            )
        }
        return span
    }

    mutating func list(_ key: SettingKey) -> [String]? {
        guard case .stringArray(let values)? = content(of: key) else { return nil }
        // An empty environment variable is an empty list, not a list with one empty entry.
        if case .environment? = sources[key], values.count == 1, values[0].isEmpty { return [] }
        guard !values.contains("") else { return refuse(key, "has an empty entry") }
        return values
    }

    mutating func address(_ key: SettingKey) -> ListenAddress? {
        guard let text = string(key) else { return nil }
        guard let address = ListenAddress(parsing: text) else {
            return refuse(
                key,
                "is \(ConfigurationError.quoted(text)): write host:port, such as 127.0.0.1:8080, [::1]:8080 or localhost:0"
            )
        }
        return address
    }

    mutating func issuer() -> Issuer? {
        guard let text = string(.issuer) else { return nil }
        do {
            return try Issuer(parsing: text)
        } catch {
            return refuse(.issuer, error.reason)
        }
    }

    mutating func tlsFiles() -> TLSFiles? {
        switch (string(.tlsCertificate), string(.tlsKey)) {
        case (nil, nil): return nil
        case (let certificate?, let key?): return TLSFiles(certificate: certificate, key: key)
        case (_?, nil): return isMistaken(.tlsKey) ? nil : refuse(.tlsCertificate, "needs tls_key as well")
        case (nil, _?): return isMistaken(.tlsCertificate) ? nil : refuse(.tlsKey, "needs tls_cert as well")
        }
    }

    mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: SettingKey
    ) -> Choice? {
        guard let text = string(key) else { return nil }
        guard let choice = Choice.allCases.first(where: { $0.rawValue.utf8.elementsEqual(text.utf8) }) else {
            let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            return refuse(key, "is \(ConfigurationError.quoted(text)): must be one of \(names)")
        }
        return choice
    }

    mutating func addressList(_ entries: [String], of key: SettingKey) -> AddressList {
        var ranges: [AddressRange] = []
        for entry in entries {
            do {
                ranges.append(try AddressRange(parsing: entry))
            } catch {
                note(key, "\(ConfigurationError.quoted(entry)): \(error.reason)")
            }
        }
        return AddressList(ranges)
    }

    mutating func algorithms() -> [JWSAlgorithm]? {
        guard let names = list(.algorithms) else { return nil }
        var algorithms: [JWSAlgorithm] = []
        for name in names {
            guard let algorithm = JWSAlgorithm(named: name) else {
                let known = JWSAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
                return refuse(.algorithms, "\(ConfigurationError.quoted(name)): must be one of \(known)")
            }
            guard !algorithms.contains(algorithm) else { return refuse(.algorithms, "names \(name) twice") }
            algorithms.append(algorithm)
        }
        guard !algorithms.isEmpty else { return refuse(.algorithms, "must name at least one algorithm") }
        return algorithms
    }

    mutating func tokenPolicy() -> TokenPolicy {
        let range = TokenPolicy.range
        let maximum = integer(.accessTokenMaximum, in: range) ?? range.upperBound
        if let standard = integer(.accessTokenDefault, in: range) {
            if standard > maximum {
                note(
                    .accessTokenDefault,
                    "is \(standard), which is more than access_token_ttl.max, \(maximum)"
                )
            }
            return TokenPolicy(defaultLifetime: standard, maximumLifetime: maximum)
        }
        // A lower maximum lowers the default with it.
        return TokenPolicy(defaultLifetime: min(300, maximum), maximumLifetime: maximum)
    }

    mutating func refreshPolicy() -> RefreshPolicy {
        var policy = RefreshPolicy()
        policy.grace = integer(.refreshGrace, in: RefreshPolicy.graceRange) ?? policy.grace
        policy.maximumFamilies =
            integer(.refreshMaximumFamilies, in: RefreshPolicy.familiesRange) ?? policy.maximumFamilies
        policy.absolute = integer(.refreshAbsolute, in: RefreshPolicy.lifetimeRange) ?? policy.absolute
        // A shorter life lowers the default with it.
        policy.idle = min(policy.idle, policy.absolute)
        guard let idle = integer(.refreshIdle, in: RefreshPolicy.lifetimeRange) else { return policy }
        if idle > policy.absolute, !isMistaken(.refreshAbsolute) {
            note(.refreshIdle, "is \(idle), which is more than refresh.absolute, \(policy.absolute)")
        }
        policy.idle = idle
        return policy
    }

    mutating func hosts(_ key: SettingKey) -> [String]? {
        guard let names = list(key) else { return nil }
        for name in names {
            let bytes = Array(name.utf8)[...]
            guard ListenAddress.host(bytes) != nil || ListenAddress(parsing: name) != nil else {
                return refuse(
                    key,
                    "\(ConfigurationError.quoted(name)): must be a host in lower case, with or without a port"
                )
            }
        }
        return names
    }

    private mutating func content(of key: SettingKey) -> ConfigContent? {
        do throws(ConfigurationError) {
            guard let (content, source) = try layers.content(of: key) else { return nil }
            sources[key] = source
            return content
        } catch {
            mistakes.append(error)
            return nil
        }
    }

    func isMistaken(_ key: SettingKey) -> Bool { mistakes.contains { $0.isOf(key) } }

    private mutating func note(_ key: SettingKey, _ reason: String) {
        mistakes.append(ConfigurationError(key, from: sources[key] ?? .standard, reason))
    }

    /// Notes the mistake; there is no value.
    mutating func refuse<Value>(_ key: SettingKey, _ reason: String) -> Value? {
        note(key, reason)
        return nil
    }
}
