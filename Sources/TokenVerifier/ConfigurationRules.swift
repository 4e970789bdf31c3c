extension VerifierConfiguration {
    /// - Throws: ``VerifierStartError/configuration(_:)`` for the first setting that is wrong; nothing is clamped.
    func check() throws(VerifierStartError) {
        try checkIssuer()
        guard !audience.isEmpty else { throw .configuration("audience is empty") }
        guard !algorithms.isEmpty else { throw .configuration("algorithms is empty") }
        guard !kinds.isEmpty else { throw .configuration("kinds is empty") }
        try Self.check("clockSkew", clockSkew, 0...60)
        try Self.check("fetchTimeout", fetchTimeout, 1...60)
        try Self.check("keySetOutage", keySetOutage, 0...86_400)
        if case .required(let outage) = revocation { try Self.check("outage", outage, 0...86_400) }
    }

    private static func check(
        _ name: String,
        _ value: Int,
        _ range: ClosedRange<Int>
    ) throws(VerifierStartError) {
        guard range.contains(value) else {
            throw .configuration("\(name) is \(value) s; the range is \(range) s")
        }
    }

    private func checkIssuer() throws(VerifierStartError) {
        let bytes = Array(issuer.utf8)
        let isSecure = bytes.starts(with: "https://".utf8)
        guard isSecure || bytes.starts(with: "http://".utf8) else {
            throw .configuration("issuer is not an https URL")
        }
        let rest = bytes.dropFirst(isSecure ? 8 : 7)
        let host = rest.prefix { $0 != UInt8(ascii: "/") }
        let forbidden = Array("?#@\\\"".utf8)
        guard !host.isEmpty, rest.allSatisfy({ (0x21...0x7E).contains($0) && !forbidden.contains($0) }),
            rest.last != UInt8(ascii: "/")
        else {
            throw .configuration("issuer is not a URL without user, query, fragment and trailing slash")
        }
        guard isSecure || allowsPlainHTTP || Self.isLoopback(Array(host)) else {
            throw .configuration("issuer is an http URL of another machine; allowsPlainHTTP is not set")
        }
    }

    private static func isLoopback(_ host: [UInt8]) -> Bool {
        ["127.0.0.1", "[::1]", "localhost"].contains { name in
            let rest = host.dropFirst(name.utf8.count)
            return host.starts(with: name.utf8) && (rest.isEmpty || rest.first == UInt8(ascii: ":"))
        }
    }
}

extension VerifierConfiguration {
    var keySetAddress: String { issuer + "/oauth2/jwks" }
    var revocationAddress: String { issuer + "/oauth2/revocations" }
    var statusListPrefix: String { issuer + "/oauth2/status-lists/" }

    /// Seconds for which a list may be used after its `ttl` is over; `nil` for ever.
    var listTolerance: Int64? {
        if case .required(let outage) = revocation { Int64(fetchTimeout) + Int64(outage) } else { nil }
    }
}
