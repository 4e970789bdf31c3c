package import OAuth
import Primitives

/// Refresh tokens at the token endpoint (RFC 6749 §6): what is to be made durable, and what follows from it.
extension TokenEndpoint {
    /// An exchange of an API key by a client that may refresh (RFC 8693 §2.2.1).
    func opening(
        _ request: TokenRequest,
        by client: Client,
        at now: NumericDate
    ) throws(OAuthError) -> FamilyOpening {
        FamilyOpening(
            client: client,
            scope: try Self.scope(request.scope, of: client.policy),
            audiences: try Self.audiences(request.audiences, of: client.policy),
            secret: refreshSecret,
            policy: refreshPolicy,
            now: now
        )
    }

    func rotation(
        of token: RefreshToken,
        _ request: TokenRequest,
        by client: Client,
        from address: IPAddress?,
        at now: NumericDate
    ) -> Rotation {
        Rotation(
            token: token,
            secret: refreshSecret,
            client: client,
            scope: request.scope,
            audiences: request.audiences,
            policy: refreshPolicy,
            address: address,
            now: now
        )
    }

    /// What the access token holds that goes out beside a refresh token, once that one is durable.
    ///
    /// - Parameters:
    ///   - client: As it was when the request was judged.
    ///   - now: `iat` of the token.
    package func conclude(
        _ grant: RefreshGrant,
        for client: Client,
        as type: GrantType,
        at now: NumericDate
    ) -> AuthorizedGrant {
        AuthorizedGrant(
            grantType: type,
            client: client,
            shape: shape(of: grant, client.policy),
            expiresAt: min(expiry(of: client, at: now), grant.expiresAt),
            status: grant.status
        )
    }

    private func shape(of grant: RefreshGrant, _ policy: ClientPolicy) -> TokenShape {
        if grant.audiences.count == 1, let standard = policy.audiences.first,
            bytesEqual(grant.audiences[0].name, standard.name), grant.scope == policy.scopes,
            let shape = policy.defaultShape
        {
            return shape
        }
        return TokenShape(
            issuer: issuer,
            audiences: grant.audiences,
            scope: ClientPolicy.joined(grant.scope),
            project: policy.project,
            claims: policy.claims
        )
    }
}
