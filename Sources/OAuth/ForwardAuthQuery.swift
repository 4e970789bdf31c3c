/// What a reverse proxy asks of a credential before it lets a request through: the query of `/forward-auth`.
///
/// It is the proxy's configuration, not the client's words, and so nothing in it is overlooked: a condition that got
/// lost on its way here would let everybody in. What is unknown, empty, repeated or cannot be true is refused.
package struct ForwardAuthQuery: Sendable {
    /// Must be in `aud`; 1 to 512 of %x21-7E.
    package let audience: [UInt8]
    /// All of them must be there; empty when none is asked for.
    package let scope: [[UInt8]]
    /// One of them must be there; empty when none is asked for.
    package let roles: [[UInt8]]
    /// Likewise.
    package let groups: [[UInt8]]
    /// Whether an API key will do in place of an access token.
    package let allowsAPIKey: Bool

    /// - Parameter query: What follows the question mark; the caller caps its length.
    /// - Throws: `invalid_request`, with a description for whoever configures the proxy.
    package init(parsing query: [UInt8]) throws(OAuthError) {
        var (audience, scope, allowsAPIKey): ([UInt8]?, [[UInt8]]?, Bool?)
        var (roles, groups): ([[UInt8]], [[UInt8]]) = ([], [])
        for pair in query.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: true) {
            let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            let name = try Self.decode(pair[..<equals])
            let value = try Self.decode(pair[equals...].dropFirst())
            if name.elementsEqual("audience".utf8) {
                guard audience == nil else { throw Self.repeated("audience") }
                audience = try Self.audience(value)
            } else if name.elementsEqual("scope".utf8) {
                guard scope == nil else { throw Self.repeated("scope") }
                scope = try Self.scope(value)
            } else if name.elementsEqual("role".utf8) {
                roles.append(try Self.name(value, of: "role"))
            } else if name.elementsEqual("group".utf8) {
                groups.append(try Self.name(value, of: "group"))
            } else if name.elementsEqual("allow_api_key".utf8) {
                guard allowsAPIKey == nil else { throw Self.repeated("allow_api_key") }
                guard value.elementsEqual("1".utf8) else {
                    throw OAuthError(.invalidRequest, "allow_api_key must be 1 or left out")
                }
                allowsAPIKey = true
            } else {
                throw OAuthError(
                    .invalidRequest,
                    "the query must have audience, scope, role, group and allow_api_key only"
                )
            }
        }
        guard let audience else {
            throw OAuthError(.invalidRequest, "audience is missing: name that of the service")
        }
        self.audience = audience
        self.scope = scope ?? []
        self.roles = roles
        self.groups = groups
        self.allowsAPIKey = allowsAPIKey ?? false
    }

    private static func decode(_ text: ArraySlice<UInt8>) throws(OAuthError) -> [UInt8] {
        do throws(OAuthError) { return try FormParameters.decode(text) } catch {
            throw OAuthError(.invalidRequest, "the query must be percent-encoded UTF-8")
        }
    }

    private static func repeated(_ name: String) -> OAuthError {
        OAuthError(.invalidRequest, "\(name) stands in the query more than once: name it once")
    }

    private static func audience(_ value: [UInt8]) throws(OAuthError) -> [UInt8] {
        guard (1...512).contains(value.count), value.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw OAuthError(.invalidRequest, "audience must be 1 to 512 visible ASCII characters")
        }
        return value
    }

    private static func scope(_ value: [UInt8]) throws(OAuthError) -> [[UInt8]] {
        var tokens: [[UInt8]] = []
        for part in value.split(separator: 0x20, omittingEmptySubsequences: false) {
            let token = try name(Array(part), of: "scope")
            if !tokens.contains(token) { tokens.append(token) }
        }
        return tokens
    }

    /// What could never be held would keep everybody out: the one who configures the proxy is told instead.
    private static func name(_ value: [UInt8], of parameter: String) throws(OAuthError) -> [UInt8] {
        let isName = value.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: ":"), UInt8(ascii: "/"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isName, (1...64).contains(value.count) else {
            throw OAuthError(
                .invalidRequest,
                "a name in \(parameter) must be 1 to 64 of the characters A-Z a-z 0-9 . _ : / -"
            )
        }
        return value
    }
}
