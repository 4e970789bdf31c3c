package import OAuth

/// `POST /oauth2/token` without the HTTP: who asks, and what they may have (RFC 6749 §3.2).
///
/// Synchronous, so that an event loop can run it: whoever calls has read the request and found the client.
/// The token itself is then made by a ``TokenMinter``.
package struct TokenEndpoint: Sendable {
    package let issuer: String
    package let policy: TokenPolicy
    package let refreshPolicy: RefreshPolicy
    package let refreshSecret: RefreshSecret

    package init(
        issuer: String,
        policy: TokenPolicy,
        refreshPolicy: RefreshPolicy,
        refreshSecret: RefreshSecret
    ) {
        self.issuer = issuer
        self.policy = policy
        self.refreshPolicy = refreshPolicy
        self.refreshSecret = refreshSecret
    }

    /// What is to be done for a request that may be granted.
    package enum Decision: Sendable {
        /// Mint this: nothing is to be kept.
        case mint(AuthorizedGrant)
        /// Make this durable first, then mint what ``conclude(_:for:as:at:)`` makes of its outcome.
        case open(FamilyOpening)
        /// Likewise; whether the refresh token is good only its row can tell.
        case rotate(Rotation)
        /// Check the tokens first; what ``AccessTokenExchange`` then makes of them is to be minted.
        case exchange(AccessTokenExchange)

        /// Who asks, authenticated.
        package var client: Client {
            switch self {
            case .mint(let grant): grant.client
            case .open(let opening): opening.client
            case .rotate(let rotation): rotation.client
            case .exchange(let exchange): exchange.client
            }
        }
    }

    /// What the directory said of the API keys that a request carries; `nil` for a key that it does not have.
    package struct FoundClients: Sendable {
        package let authenticated: Client?
        package let subject: Client?

        package init(authenticated: Client?, subject: Client?) {
            self.authenticated = authenticated
            self.subject = subject
        }

        /// Whose API key was sent.
        package var sender: Client? { authenticated ?? subject }

        /// Whether it matters from which page the request comes.
        package var asksForReferrer: Bool {
            authenticated?.policy.allowedReferrers != nil || subject?.policy.allowedReferrers != nil
        }
    }

    /// Judges a request.
    ///
    /// - Parameters:
    ///   - address: Where it came from, after trusted proxies.
    ///   - referrer: The page that it comes from; who does not say is refused by a key that asks.
    ///   - now: What is judged by; read once by the caller, so that every date of one answer agrees.
    ///   - issued: `iat` of a token that can be minted at once, where it differs: what is judged by never goes back, but
    ///     no token is to say that it was issued later than the clock says.
    /// - Throws: `invalid_client`, `invalid_request`, `unauthorized_client`, `invalid_scope`, `invalid_target`, and
    ///   `invalid_grant` for what cannot be a refresh token.
    package func decide(
        _ request: TokenRequest,
        clients: FoundClients,
        from address: IPAddress?,
        referrer: Referrer = .unknown,
        at now: NumericDate,
        issued: NumericDate? = nil
    ) throws(OAuthError) -> Decision {
        let client = try authenticate(request, clients, from: address, referrer, at: now)
        guard client.policy.allows(request.grant.type) else {
            throw OAuthError(
                .unauthorizedClient,
                "this client may not use this grant type: use another, or have it added to grant_types of the API key",
                detail: request.grant.type.rawValue
            )
        }
        switch request.grant {
        case .apiKeyExchange where client.policy.allows(.refreshToken):
            return .open(try opening(request, by: client, at: now))
        case .clientCredentials, .apiKeyExchange:
            return .mint(
                AuthorizedGrant(
                    grantType: request.grant.type,
                    client: client,
                    shape: try shape(for: request, of: client.policy),
                    expiresAt: expiry(of: client, at: issued ?? now),
                    status: client.status
                )
            )
        case .refreshToken(let token?):
            return .rotate(rotation(of: token, request, by: client, from: address, at: now))
        case .accessTokenExchange(let subject, let actor):
            return .exchange(
                AccessTokenExchange(
                    client: client,
                    subject: subject,
                    actor: actor,
                    scope: request.scope,
                    audiences: request.audiences,
                    latestExpiry: expiry(of: client, at: issued ?? now)
                )
            )
        case .refreshToken(nil):
            throw RefreshTokenGrant.refusal("malformed", nil)
        }
    }

    /// When a token for this client ends: its lifetime from now, or the key's own end if that comes first.
    func expiry(of client: Client, at now: NumericDate) -> NumericDate {
        let end = now.advanced(by: Int64(policy.lifetime(own: client.policy.accessTokenLifetime)))
        return min(end, client.expiresAt ?? end)
    }

    /// RFC 6749 §2.3; the subject token of an API-key exchange stands in for it when nothing else does.
    private func authenticate(
        _ request: TokenRequest,
        _ clients: FoundClients,
        from address: IPAddress?,
        _ referrer: Referrer,
        at now: NumericDate
    ) throws(OAuthError) -> Client {
        switch request.grant {
        case .clientCredentials, .refreshToken, .accessTokenExchange:
            return try client(of: request, clients.authenticated, from: address, referrer, at: now)
        case .apiKeyExchange where request.authentication == nil:
            return try ClientAuthenticator.accept(
                clients.subject,
                named: request.clientID,
                from: address,
                referrer: referrer,
                at: now
            )
        case .apiKeyExchange:
            let client = try client(of: request, clients.authenticated, from: address, referrer, at: now)
            guard let subject = clients.subject, subject.id == client.id else {
                throw OAuthError(
                    .invalidRequest,
                    "subject_token is not an API key of this client: send its own, or no other credential"
                )
            }
            return client
        }
    }

    private func client(
        of request: TokenRequest,
        _ found: Client?,
        from address: IPAddress?,
        _ referrer: Referrer,
        at now: NumericDate
    ) throws(OAuthError) -> Client {
        try ClientAuthenticator.authenticate(
            request.authentication,
            found,
            named: request.clientID,
            from: address,
            referrer: referrer,
            at: now
        )
    }

    private func shape(for request: TokenRequest, of policy: ClientPolicy) throws(OAuthError) -> TokenShape {
        if request.scope == nil, request.audiences.isEmpty, let shape = policy.defaultShape { return shape }
        let audiences = try Self.audiences(request.audiences, of: policy)
        let tokens = try Self.scope(request.scope, of: policy)
        return TokenShape(
            issuer: issuer,
            audiences: audiences,
            scope: ClientPolicy.joined(tokens),
            project: policy.project,
            claims: policy.claims
        )
    }

    static func scope(_ asked: Scope?, of policy: ClientPolicy) throws(OAuthError) -> [[UInt8]] {
        guard let asked else { return policy.scopes }
        for token in asked.tokens where !policy.scopes.contains(token) {
            throw OAuthError(
                .invalidScope,
                "this client does not hold every scope that was asked for: ask for fewer, or leave scope out",
                detail: LoggedText.scope(token)
            )
        }
        return asked.tokens
    }

    static func audiences(
        _ asked: [[UInt8]],
        of policy: ClientPolicy
    ) throws(OAuthError) -> [AudienceRecord] {
        guard !asked.isEmpty else {
            guard let first = policy.audiences.first else {
                throw OAuthError(.invalidTarget, "this client has no audience: name one that it may use")
            }
            return [first]
        }
        var audiences: [AudienceRecord] = []
        for name in asked {
            guard let audience = policy.audiences.first(where: { $0.name.utf8.elementsEqual(name) }) else {
                throw OAuthError(
                    .invalidTarget,
                    "this client may not ask for every audience or resource named: name only what its API key is for"
                )
            }
            audiences.append(audience)
        }
        return try agreeing(audiences)
    }

    /// - Throws: `invalid_target` unless one token can be for all of them.
    static func agreeing(_ audiences: [AudienceRecord]) throws(OAuthError) -> [AudienceRecord] {
        let isAlone = audiences.count == 1
        guard isAlone || !audiences.contains(where: { bytesAreAdministration($0.name) }) else {
            throw OAuthError(
                .invalidTarget,
                "the admin audience does not stand beside another: ask for it alone"
            )
        }
        guard audiences.allSatisfy({ $0.type == audiences[0].type && $0.algorithm == audiences[0].algorithm })
        else {
            throw OAuthError(
                .invalidTarget,
                "these audiences want tokens of different types: ask for one at a time"
            )
        }
        return audiences
    }

    private static func bytesAreAdministration(_ name: String) -> Bool {
        name.utf8.elementsEqual(AudienceRecord.administration.utf8)
    }
}
