package import OAuth
import Primitives

/// Whether a reverse proxy may let a request through: `/forward-auth` without the HTTP.
///
/// A pure rule: a credential that was found to be good goes in, and whether it is enough comes out.
package struct ForwardAuth: Sendable {
    package let query: ForwardAuthQuery

    /// How long a token lives that takes the place of an API key, in seconds: long enough for the one request.
    package static let tokenLifetime: Int64 = 60

    /// - Throws: `invalid_request` for the audience of the admin API, whose tokens are shown to nobody else.
    package init(_ query: ForwardAuthQuery) throws(OAuthError) {
        guard !query.audience.elementsEqual(AudienceRecord.administration.utf8) else {
            throw OAuthError(.invalidRequest, "the admin API is not guarded like this: name another audience")
        }
        self.query = query
    }

    /// Judges an access token that is honoured.
    package func judge(_ live: LiveToken) throws(ForwardAuthRefusal) -> ForwardedIdentity {
        let token = live.token
        guard token.audiences.contains(where: { $0.utf8.elementsEqual(query.audience) }) else {
            throw ForwardAuthRefusal.badCredential("the token is for another audience")
        }
        let identity = ForwardedIdentity(
            client: token.client,
            subject: Array(token.subject.utf8),
            scope: token.scope,
            roles: token.roles.map { Array($0.utf8) },
            groups: token.groups.map { Array($0.utf8) }
        )
        return try sufficient(identity)
    }

    /// An API key that is enough, and the token to put in its place.
    package struct AcceptedKey: Sendable {
        package let identity: ForwardedIdentity
        package let grant: AuthorizedGrant
    }

    /// Judges an API key that has been authenticated, as the token that `client_credentials` would give it.
    ///
    /// - Parameter now: Read once by the caller, who mints the token by the same reading.
    package func judge(
        _ client: Client,
        _ endpoint: TokenEndpoint,
        at now: NumericDate
    ) throws(ForwardAuthRefusal) -> AcceptedKey {
        let grant: AuthorizedGrant
        do throws(OAuthError) { grant = try endpoint.forwarded(client, for: query.audience, at: now) } catch {
            let denial = UsageDenial(error, of: client, at: now)
            guard error.code == .unauthorizedClient else {
                throw ForwardAuthRefusal.badCredential("the API key is not for this audience", denial)
            }
            throw ForwardAuthRefusal.insufficient(error.description, for: query, denial)
        }
        let policy = client.policy
        let identity = ForwardedIdentity(
            client: client.id,
            subject: client.subject ?? Array(client.id.description.utf8),
            scope: policy.scopes,
            roles: policy.roles.map { Array($0.utf8) },
            groups: policy.groups.map { Array($0.utf8) }
        )
        return AcceptedKey(identity: try sufficient(identity), grant: grant)
    }

    /// All scopes, one of the roles, one of the groups.
    private func sufficient(_ identity: ForwardedIdentity?) throws(ForwardAuthRefusal) -> ForwardedIdentity {
        guard let identity else {
            throw ForwardAuthRefusal.badCredential("a name that cannot stand in a header field")
        }
        guard query.scope.allSatisfy({ identity.scope.contains($0) }) else {
            throw ForwardAuthRefusal.insufficient("a scope is missing", for: query)
        }
        guard query.roles.isEmpty || query.roles.contains(where: { identity.roles.contains($0) }) else {
            throw ForwardAuthRefusal.insufficient("none of the roles asked for is there", for: query)
        }
        guard query.groups.isEmpty || query.groups.contains(where: { identity.groups.contains($0) }) else {
            throw ForwardAuthRefusal.insufficient("none of the groups asked for is there", for: query)
        }
        return identity
    }
}

/// Why a request is not let through, in the terms of RFC 6750 §3.1.
package struct ForwardAuthRefusal: Error, Sendable {
    package enum Code: String, Sendable, CaseIterable {
        case invalidToken = "invalid_token"
        case insufficientScope = "insufficient_scope"
    }

    package let code: Code
    /// For whoever sent the credential: printable ASCII without quotes and backslashes.
    package let description: String
    /// For the log.
    package let detail: String
    /// What a refused API key is counted as.
    package let denial: UsageDenial
    /// What would be needed of it, when it is too little (RFC 6750 §3); empty where no scope was asked for.
    package let scope: [[UInt8]]

    /// One wording for every cause.
    package static func badCredential(_ detail: String, _ denial: UsageDenial = .invalidTarget) -> Self {
        Self(
            code: .invalidToken,
            description: "unknown, expired, revoked or not for this service",
            detail: detail,
            denial: denial,
            scope: []
        )
    }

    static func insufficient(
        _ description: String,
        for query: ForwardAuthQuery,
        _ denial: UsageDenial = .invalidScope
    ) -> Self {
        Self(
            code: .insufficientScope,
            description: description,
            detail: description,
            denial: denial,
            scope: query.scope
        )
    }
}
