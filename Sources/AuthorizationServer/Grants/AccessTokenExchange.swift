package import JOSE
package import OAuth
import Primitives

/// The exchange of an access token of ours for one that can do less (RFC 8693).
///
/// A pure rule: the tokens that were found to be live go in, what may be minted comes out. The new token belongs to
/// the grant of its subject and ends with it; it never can do more, reach further or live longer.
package struct AccessTokenExchange: Sendable {
    /// Who asks, authenticated and allowed the grant type.
    package let client: Client
    /// The presented subject token, not checked yet.
    package let subject: [UInt8]
    /// The presented actor token, likewise.
    package let actor: [UInt8]?
    /// `nil`: all of the subject's.
    package let scope: Scope?
    /// Empty: all of the subject's.
    package let audiences: [[UInt8]]
    /// The latest that a token for this client may end.
    package let latestExpiry: NumericDate

    init(
        client: Client,
        subject: [UInt8],
        actor: [UInt8]?,
        scope: Scope?,
        audiences: [[UInt8]],
        latestExpiry: NumericDate
    ) {
        self.client = client
        self.subject = subject
        self.actor = actor
        self.scope = scope
        self.audiences = audiences
        self.latestExpiry = latestExpiry
    }

    /// The one refusal of a subject token that is not live (RFC 8693 §2.2.2).
    package static func badSubject(_ reason: String) -> OAuthError {
        OAuthError(
            .invalidRequest,
            "subject_token is not a live access token of this issuer: get a new one",
            detail: "subject_token: \(reason)"
        )
    }

    package static func badActor(_ reason: String) -> OAuthError {
        OAuthError(
            .invalidRequest,
            "actor_token is not a live access token of this client: get one with this API key",
            detail: "actor_token: \(reason)"
        )
    }

    /// What may be minted.
    ///
    /// - Throws: `invalid_request` for tokens that are not to be exchanged so; `invalid_scope`, `invalid_target` for
    ///   more than the subject token has.
    package func derived(from subject: LiveToken, actor: LiveToken?) throws(OAuthError) -> DerivedGrant {
        let token = subject.token
        guard !token.isAdministrative else { throw Self.badSubject("it is for the admin API") }
        guard token.client == client.id || client.policy.mayExchange(token) else {
            throw OAuthError(
                .invalidRequest,
                "this client may not exchange tokens of the client of subject_token: its API key lacks may_exchange for it",
                detail: "no may_exchange for \(token.client)"
            )
        }
        var claims = token.claims
        for name in ["client_id", "iat", "exp", "jti"] { claims[name] = nil }
        claims["act"] = try act(for: token, actor: actor?.token)
        let scope = try scope(of: token)
        claims["scope"] = scope.isEmpty ? nil : .string(String(decoding: scope, as: UTF8.self))
        let audiences = try audiences(of: token).map(JSONValue.string)
        claims["aud"] = audiences.count == 1 ? audiences.first : .array(audiences)
        return DerivedGrant(
            client: client,
            type: token.type,
            algorithm: token.algorithm,
            scope: scope,
            claims: claims,
            expiresAt: min(token.expiresAt, latestExpiry)
        )
    }

    /// Whoever acts stands outermost, and before them who acted until then (RFC 8693 §4.1).
    private func act(for token: AccessToken, actor: AccessToken?) throws(OAuthError) -> JSONValue? {
        if let actor {
            guard actor.client == client.id, actor.actors == 0, !actor.isAdministrative else {
                throw Self.badActor("of another client, got for another, or for the admin API")
            }
        } else if token.client == client.id {
            return token.claims["act"]
        }
        guard token.actors < LiveTokenCheck.maximumActors else {
            throw OAuthError(
                .invalidRequest,
                "more than \(LiveTokenCheck.maximumActors) clients would act in turn: exchange the token of one before the last"
            )
        }
        let own = client.subject.map { String(decoding: $0, as: UTF8.self) } ?? client.id.description
        var act = JSONObject([("sub", .string(actor?.subject ?? own))])
        act["act"] = token.claims["act"]
        return .object(act)
    }

    private func scope(of token: AccessToken) throws(OAuthError) -> [UInt8] {
        let held = token.scope
        guard let scope else { return ClientPolicy.joined(held) }
        guard scope.tokens.allSatisfy({ held.contains($0) }) else {
            throw OAuthError(
                .invalidScope,
                "subject_token does not have every scope that was asked for: ask for fewer, or leave scope out"
            )
        }
        return ClientPolicy.joined(scope.tokens)
    }

    private func audiences(of token: AccessToken) throws(OAuthError) -> [String] {
        guard !audiences.isEmpty else { return token.audiences }
        var named: [String] = []
        for name in audiences {
            guard let audience = token.audiences.first(where: { $0.utf8.elementsEqual(name) }) else {
                throw OAuthError(
                    .invalidTarget,
                    "subject_token is not for every audience or resource named: name only what its aud has"
                )
            }
            named.append(audience)
        }
        return named
    }
}

/// A token for the subject of another, judged and allowed: only ``AccessTokenExchange`` makes one.
package struct DerivedGrant: Sendable {
    package let client: Client
    /// `typ` and `alg` are the subject token's: its audiences asked for them.
    let type: String
    package let algorithm: JWSAlgorithm
    let scope: [UInt8]
    /// All but what the minter adds: `client_id`, `iat`, `exp`, `jti`.
    let claims: JSONObject
    package let expiresAt: NumericDate

    fileprivate init(
        client: Client,
        type: String,
        algorithm: JWSAlgorithm,
        scope: [UInt8],
        claims: JSONObject,
        expiresAt: NumericDate
    ) {
        self.client = client
        self.type = type
        self.algorithm = algorithm
        self.scope = scope
        self.claims = claims
        self.expiresAt = expiresAt
    }
}
