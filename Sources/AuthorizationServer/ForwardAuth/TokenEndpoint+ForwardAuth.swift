import OAuth

extension TokenEndpoint {
    /// The token that takes the place of an API key behind a proxy: what `client_credentials` would give for the
    /// audience without naming a scope, only shorter.
    ///
    /// - Throws: `unauthorized_client`, `invalid_target`.
    func forwarded(
        _ client: Client,
        for audience: [UInt8],
        at now: NumericDate
    ) throws(OAuthError) -> AuthorizedGrant {
        let policy = client.policy
        guard policy.allows(.clientCredentials) else {
            throw OAuthError(
                .unauthorizedClient,
                "this API key may not use client_credentials: exchange it, and send the token"
            )
        }
        let audiences = try Self.audiences([audience], of: policy)
        return AuthorizedGrant(
            grantType: .clientCredentials,
            client: client,
            shape: shape(for: audiences, of: policy),
            expiresAt: min(now.advanced(by: ForwardAuth.tokenLifetime), expiry(of: client, at: now)),
            status: client.status
        )
    }

    private func shape(for audiences: [AudienceRecord], of policy: ClientPolicy) -> TokenShape {
        if let shape = policy.defaultShape, audiences.first == policy.audiences.first { return shape }
        return TokenShape(
            issuer: issuer,
            audiences: audiences,
            scope: ClientPolicy.joined(policy.scopes),
            project: policy.project,
            claims: policy.claims
        )
    }
}
