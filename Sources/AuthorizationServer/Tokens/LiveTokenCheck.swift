import JOSE
package import OAuth
import Primitives

/// The one check of an access token of our own, for every input that takes one.
///
/// A token is genuine by its signature and its claims, and live by three things in memory: the status of its
/// grant, the ``Denylist``, and for a token that one key got for another, the life of that key. None of them waits
/// for the store, except what ``UndecidedToken`` says.
package struct LiveTokenCheck: Sendable {
    private let issuer: String
    private let ring: KeyRing
    private let headers: KnownHeaders
    private let statusListPrefix: String
    private let board: StatusBoard
    private let denylist: Denylist
    private let notBefore: NumericDate?

    /// - Parameter notBefore: After a restore, tokens with an earlier `iat` are not honoured.
    package init(
        issuer: String,
        ring: KeyRing,
        board: StatusBoard,
        denylist: Denylist,
        notBefore: NumericDate?
    ) {
        self.issuer = issuer
        self.ring = ring
        headers = KnownHeaders(ring.published, types: AccessToken.types)
        statusListPrefix = issuer + "/oauth2/status-lists/"
        self.board = board
        self.denylist = denylist
        self.notBefore = notBefore
    }

    /// What a token is taken for that names no status, as none of ours does.
    private static let statusOfNone = StatusValue.invalid
    /// Made beforehand: to put the name of a case into a text takes a microsecond, which could be measured.
    private static let suspended = TokenRefusal(reason: "its grant is suspended")
    private static let ended = TokenRefusal(reason: "its grant is invalid")
    /// Keys that may act in turn (RFC 8693 §4.1).
    package static let maximumActors = 4

    package enum Verdict: Sendable {
        case live(LiveToken)
        case undecided(UndecidedToken)
    }

    /// Whether the token is honoured.
    ///
    /// - Parameter now: A token is refused from its `exp` on; this node's own clock has no skew against itself.
    package func judge(_ token: [UInt8], at now: NumericDate) throws(TokenRefusal) -> Verdict {
        try judge(genuine(token, at: now))
    }

    /// Whether a genuine token is honoured still.
    package func judge(_ token: AccessToken) throws(TokenRefusal) -> Verdict {
        let status = token.status.map { board.value($0) } ?? Self.statusOfNone
        guard status == .valid else { throw status == .suspended ? Self.suspended : Self.ended }
        let denial = denylist.answer(token.id, of: token)
        guard denial != .denied else { throw TokenRefusal(reason: "the token was revoked") }
        guard denial == .unknown || token.actors > 0 else { return .live(LiveToken(token)) }
        return .undecided(UndecidedToken(token: token, asksForDenial: denial == .unknown))
    }

    /// Whether its grant has ended for good, so that nothing brings the token back.
    package func hasEnded(_ token: AccessToken) -> Bool {
        let status = token.status.map { board.value($0) } ?? Self.statusOfNone
        return status == .invalid || denylist.answer(token.id, of: token) == .denied
    }

    // MARK: Genuine

    /// The token, if it is one of ours and has not expired.
    ///
    /// - Parameter leeway: Seconds past its `exp` in which it counts as not expired.
    package func genuine(
        _ token: [UInt8],
        at now: NumericDate,
        leeway: Int64 = 0
    ) throws(TokenRefusal) -> AccessToken {
        let jws: CompactJWS
        let claims: JSONObject
        do {
            jws = try headers.parse(token)
            guard let kid = jws.kid, let key = ring.verificationKey(kid) else {
                throw TokenRefusal(reason: "kid is not of a published key")
            }
            let payload = try jws.verified(by: key).payload
            guard case .object(let object) = try JSONValue(parsing: payload) else {
                throw TokenRefusal(reason: "the claims are not a JSON object")
            }
            claims = object
        } catch let refusal as TokenRefusal {
            throw refusal
        } catch JWSError.cannotVerify {
            throw .fault("\(JWSError.cannotVerify)")
        } catch {
            throw TokenRefusal(reason: "not a JWS of ours: \(error)")
        }
        guard let type = AccessToken.types.first(where: { bytesEqual($0, jws.type ?? "") }) else {
            throw TokenRefusal(reason: "typ is not that of an access token")
        }
        let reader = ClaimReader(claims)
        let dates = try reader.dates(at: now, leeway: leeway, notBefore: notBefore)
        try reader.requireIssuer(issuer)
        try reader.refuseBinding()
        return AccessToken(
            client: try reader.client(),
            id: try reader.tokenID(),
            issuedAt: dates.issuedAt,
            expiresAt: dates.expiresAt,
            audiences: try reader.audiences(),
            project: try reader.project(),
            status: try reader.status(listsUnder: statusListPrefix),
            actors: try reader.actors(atMost: Self.maximumActors),
            claims: claims,
            payload: jws.payload,
            type: type,
            algorithm: jws.algorithm
        )
    }
}

extension Denylist {
    fileprivate func answer(_ id: TokenID, of token: AccessToken) -> Answer {
        answer(id, endingAt: DeniedToken(id: id, expiry: token.expiresAt).until)
    }
}

/// A genuine token of which memory alone cannot say whether it is honoured.
///
/// The ``Denylist`` is not loaded yet, or a key got the token for another's subject and must be live too.
package struct UndecidedToken: Sendable {
    package let token: AccessToken
    let asksForDenial: Bool

    /// - Returns: `nil` when the token is not honoured.
    /// - Throws: ``StoreUnavailable``.
    package func settled(
        clients: any ClientStore,
        denials: any DenialStore,
        at now: NumericDate
    ) async throws(StoreUnavailable) -> LiveToken? {
        if asksForDenial, try await denials.isDenied(token.id) { return nil }
        if token.actors > 0 {
            guard let client = try await clients.client(withID: token.client), client.isLive(at: now) else {
                return nil
            }
        }
        return LiveToken(token)
    }
}

extension ClientRecord {
    /// Neither disabled nor revoked nor expired.
    package func isLive(at now: NumericDate) -> Bool {
        !isDisabled && !isRevoked && expiresAt.map { now < $0 } ?? true
    }
}
