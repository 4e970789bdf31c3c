import AdminAPI
import AuthorizationServer
import Configuration
import JOSE

/// Reads settings as the values that they stand for, and notes where each came from.
struct SettingValues {
    private let layers: SettingLayers
    private(set) var sources: [SettingKey: SettingSource] = [:]

    init(_ layers: SettingLayers) { self.layers = layers }

    /// - Returns: `nil` when the setting is nowhere set.
    mutating func string(_ key: SettingKey) throws(ConfigurationError) -> String? {
        guard let (content, source) = try layers.content(of: key), case .string(let value) = content else {
            return nil
        }
        guard !value.utf8.contains(0) else { throw ConfigurationError(key, from: source, "has a NUL in it") }
        sources[key] = source
        return value
    }

    mutating func bool(_ key: SettingKey) throws(ConfigurationError) -> Bool? {
        guard let (content, source) = try layers.content(of: key), case .bool(let value) = content else {
            return nil
        }
        sources[key] = source
        return value
    }

    mutating func integer(_ key: SettingKey, in range: ClosedRange<Int>) throws(ConfigurationError) -> Int? {
        guard let (content, source) = try layers.content(of: key), case .int(let value) = content else {
            return nil
        }
        guard range.contains(value) else {
            throw ConfigurationError(
                key,
                from: source,
                "is \(value): the range is \(range.lowerBound) to \(range.upperBound)"
            )
        }
        sources[key] = source
        return value
    }

    /// A length of time such as `90d`.
    mutating func span(_ key: SettingKey, in range: ClosedRange<TimeSpan>) throws(ConfigurationError)
        -> TimeSpan?
    {
        guard let text = try string(key) else { return nil }
        guard let span = TimeSpan(parsing: text) else {
            throw mistake(
                key,
                "is \(ConfigurationError.quoted(text)): write a length of time, such as 90d or 12h"
            )
        }
        guard range.contains(span) else {
            throw mistake(
                key,
                "is \(span.text): the range is \(range.lowerBound.text) to \(range.upperBound.text)"
            )
        }
        return span
    }

    mutating func list(_ key: SettingKey) throws(ConfigurationError) -> [String]? {
        guard let (content, source) = try layers.content(of: key), case .stringArray(let values) = content
        else { return nil }
        sources[key] = source
        // An empty environment variable is an empty list, not a list with one empty entry.
        if case .environment = source, values.count == 1, values[0].isEmpty { return [] }
        guard !values.contains("") else { throw ConfigurationError(key, from: source, "has an empty entry") }
        return values
    }

    mutating func address(_ key: SettingKey) throws(ConfigurationError) -> ListenAddress? {
        guard let text = try string(key) else { return nil }
        guard let address = ListenAddress(parsing: text) else {
            throw mistake(
                key,
                "is \(ConfigurationError.quoted(text)): write host:port, such as 127.0.0.1:8080, [::1]:8080 or localhost:0"
            )
        }
        return address
    }

    mutating func issuer() throws(ConfigurationError) -> Issuer? {
        guard let text = try string(.issuer) else { return nil }
        do {
            return try Issuer(parsing: text)
        } catch {
            throw mistake(.issuer, error.reason)
        }
    }

    mutating func tlsFiles() throws(ConfigurationError) -> TLSFiles? {
        switch (try string(.tlsCertificate), try string(.tlsKey)) {
        case (nil, nil): return nil
        case (let certificate?, let key?): return TLSFiles(certificate: certificate, key: key)
        case (_?, nil): throw mistake(.tlsCertificate, "needs tls_key as well")
        case (nil, _?): throw mistake(.tlsKey, "needs tls_cert as well")
        }
    }

    mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: SettingKey
    ) throws(ConfigurationError) -> Choice? {
        guard let text = try string(key) else { return nil }
        guard let choice = Choice.allCases.first(where: { $0.rawValue.utf8.elementsEqual(text.utf8) }) else {
            let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw mistake(key, "is \(ConfigurationError.quoted(text)): must be one of \(names)")
        }
        return choice
    }

    func addressList(_ entries: [String], of key: SettingKey) throws(ConfigurationError) -> AddressList {
        var ranges: [AddressRange] = []
        for entry in entries {
            do {
                ranges.append(try AddressRange(parsing: entry))
            } catch {
                throw mistake(key, "\(ConfigurationError.quoted(entry)): \(error.reason)")
            }
        }
        return AddressList(ranges)
    }

    mutating func algorithms() throws(ConfigurationError) -> [JWSAlgorithm]? {
        guard let names = try list(.algorithms) else { return nil }
        var algorithms: [JWSAlgorithm] = []
        for name in names {
            guard let algorithm = JWSAlgorithm(named: name) else {
                let known = JWSAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
                throw mistake(.algorithms, "\(ConfigurationError.quoted(name)): must be one of \(known)")
            }
            guard !algorithms.contains(algorithm) else { throw mistake(.algorithms, "names \(name) twice") }
            algorithms.append(algorithm)
        }
        guard !algorithms.isEmpty else { throw mistake(.algorithms, "must name at least one algorithm") }
        return algorithms
    }

    mutating func tokenPolicy() throws(ConfigurationError) -> TokenPolicy {
        let range = TokenPolicy.range
        let maximum = try integer(.accessTokenMaximum, in: range) ?? range.upperBound
        if let standard = try integer(.accessTokenDefault, in: range) {
            guard standard <= maximum else {
                throw mistake(
                    .accessTokenDefault,
                    "is \(standard), which is more than access_token_ttl.max, \(maximum)"
                )
            }
            return TokenPolicy(defaultLifetime: standard, maximumLifetime: maximum)
        }
        // A lower maximum lowers the default with it.
        return TokenPolicy(defaultLifetime: min(300, maximum), maximumLifetime: maximum)
    }

    mutating func refreshPolicy() throws(ConfigurationError) -> RefreshPolicy {
        var policy = RefreshPolicy()
        policy.grace = try integer(.refreshGrace, in: RefreshPolicy.graceRange) ?? policy.grace
        policy.maximumFamilies =
            try integer(.refreshMaximumFamilies, in: RefreshPolicy.familiesRange) ?? policy.maximumFamilies
        policy.absolute = try integer(.refreshAbsolute, in: RefreshPolicy.lifetimeRange) ?? policy.absolute
        // A shorter life lowers the default with it.
        policy.idle = min(policy.idle, policy.absolute)
        guard let idle = try integer(.refreshIdle, in: RefreshPolicy.lifetimeRange) else { return policy }
        guard idle <= policy.absolute else {
            throw mistake(
                .refreshIdle,
                "is \(idle), which is more than refresh.absolute, \(policy.absolute)"
            )
        }
        policy.idle = idle
        return policy
    }

    mutating func hosts(_ key: SettingKey) throws(ConfigurationError) -> [String]? {
        guard let names = try list(key) else { return nil }
        for name in names {
            let bytes = Array(name.utf8)[...]
            guard ListenAddress.host(bytes) != nil || ListenAddress(parsing: name) != nil else {
                throw mistake(
                    key,
                    "\(ConfigurationError.quoted(name)): must be a host in lower case, with or without a port"
                )
            }
        }
        return names
    }

    private func mistake(_ key: SettingKey, _ reason: String) -> ConfigurationError {
        ConfigurationError(key, from: sources[key] ?? .standard, reason)
    }
}
