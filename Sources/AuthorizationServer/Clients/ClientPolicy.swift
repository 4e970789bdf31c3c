package import OAuth
import Primitives

/// What many keys have in common: everything of a client but its name, its expiry and its state.
///
/// Shared between the keys that hold the same, so that a hundred thousand keys cost a few of these.
package final class ClientPolicy: Sendable {
    package let project: ProjectID
    private let allowsClientCredentials: Bool
    private let allowsTokenExchange: Bool
    private let allowsRefreshToken: Bool
    /// Its own and those of its roles.
    package let scopes: [[UInt8]]
    package let audiences: [AudienceRecord]
    /// Names, as they stand in ``claims``.
    package let roles: [String]
    /// Likewise.
    package let groups: [String]
    /// The members `roles` and `groups` (RFC 9068 §2.2.3.1) and the key's own, as ``TokenShape`` takes them.
    package let claims: [UInt8]
    /// Seconds; `nil` for the server's default.
    package let accessTokenLifetime: Int?
    package let allowedAddresses: AddressList?
    package let projectAllowedAddresses: AddressList?
    package let allowedReferrers: ReferrerList?
    /// Sees the tokens for its audiences (RFC 7662).
    package let mayIntrospect: Bool
    /// Revokes the tokens of its project's keys (RFC 7009).
    package let mayRevoke: Bool
    private let exchangeableKeys: Set<KeyID>
    private let exchangeableProjects: Set<ProjectID>
    /// The scope and claims of a token that nothing special was asked of, made once.
    package let defaultShape: TokenShape?

    package init(_ record: ClientRecord, issuer: String) {
        project = record.project
        allowsClientCredentials = record.grantTypes.contains(.clientCredentials)
        allowsTokenExchange = record.grantTypes.contains(.tokenExchange)
        allowsRefreshToken = record.grantTypes.contains(.refreshToken)
        let held = record.heldScopes
        scopes = held.map { Array($0.utf8) }
        let audiences =
            record.audiences.isEmpty ? record.projectDefaultAudience.map { [$0] } ?? [] : record.audiences
        let scope = Self.joined(scopes)
        let claims = Self.claims(of: record)
        self.audiences = audiences
        roles = record.roles.map(\.name)
        groups = record.groups
        self.claims = claims
        mayIntrospect = held.contains { bytesEqual($0, "tokens:introspect") }
        mayRevoke = held.contains { bytesEqual($0, "tokens:revoke") }
        exchangeableKeys = Set(record.mayExchange.compactMap { KeyID(parsing: $0) })
        exchangeableProjects = Set(record.mayExchange.compactMap { ProjectID(parsing: $0) })
        accessTokenLifetime = record.accessTokenLifetime
        allowedAddresses = record.allowedAddresses
        projectAllowedAddresses = record.projectAllowedAddresses
        allowedReferrers = record.allowedReferrers
        defaultShape = audiences.first.map { audience in
            TokenShape(
                issuer: issuer,
                audiences: [audience],
                scope: scope,
                project: record.project,
                claims: claims,
                isLasting: true
            )
        }
    }

    /// Whether clients of this policy may use a grant; without the hash that the set of names would take.
    func allows(_ grant: GrantType) -> Bool {
        switch grant {
        case .clientCredentials: allowsClientCredentials
        case .tokenExchange: allowsTokenExchange
        case .refreshToken: allowsRefreshToken
        }
    }

    /// An empty list is left out, as RFC 9068 has it for what does not apply.
    private static func claims(of record: ClientRecord) -> [UInt8] {
        var members: [UInt8] = []
        for (name, values) in [("roles", record.roles.map(\.name)), ("groups", record.groups)]
        where !values.isEmpty {
            if !members.isEmpty { members.append(ascii: ",") }
            JSONText.appendString(name, to: &members)
            members.append(ascii: ":")
            members += JSONValue.array(values.map(JSONValue.string)).serialized
        }
        guard !members.isEmpty, !record.claims.isEmpty else { return members + record.claims }
        return members + [UInt8(ascii: ",")] + record.claims
    }

    /// Whether both lists, the key's and the project's, let this address in.
    package func allows(_ address: IPAddress?) -> Bool {
        (allowedAddresses?.allows(address) ?? true) && (projectAllowedAddresses?.allows(address) ?? true)
    }

    /// Whether the page that a browser names may use the key.
    func allows(_ referrer: Referrer) -> Bool {
        guard let allowedReferrers else { return true }
        return allowedReferrers.allows(referrer)
    }

    /// Whether tokens of another key may be exchanged, because the key or its project is named.
    func mayExchange(_ token: AccessToken) -> Bool {
        exchangeableKeys.contains(token.client) || exchangeableProjects.contains(token.project)
    }

    package static func joined(_ tokens: [[UInt8]]) -> [UInt8] { Array(tokens.joined(separator: [0x20])) }
}
