package import OAuth
import Primitives

/// The refresh token grant (RFC 6749 §6, with rotation as in RFC 9700 §4.14.2).
///
/// A pure rule: the request, the row and how its key stands go in, what has to happen comes out. The store applies
/// it to the row under its write lock, so that two requests can never both see the same generation.
package struct RefreshTokenGrant: Sendable {
    private let rotation: Rotation
    private let family: RefreshFamily

    package enum Verdict: Sendable {
        /// The current generation: the row moves on as given, and the successor goes out.
        case rotate(RefreshGrant, to: RefreshFamily)
        /// The one before, within the grace: nothing changes, the same successor goes out again.
        case repeatSuccessor(RefreshGrant, isFromElsewhere: Bool)
        /// A token that nobody should have: the family ends.
        case endFamily(RefreshEvent.Kind)
        /// Nothing changes.
        case refuse(OAuthError)
    }

    /// - Parameters:
    ///   - rotation: The request, with its one reading of the clock.
    ///   - family: The row that the presented token names, genuine or not.
    ///   - key: The row of the family's own key.
    package static func judge(
        _ rotation: Rotation,
        against family: RefreshFamily,
        key: GrantStanding
    ) -> Verdict {
        let grant = RefreshTokenGrant(rotation: rotation, family: family)
        do throws(OAuthError) {
            try grant.checkBearer(key)
            return try grant.verdict()
        } catch {
            return .refuse(error)
        }
    }

    /// Whose token it is, and whether it can be good at all; before these checks nobody can end a family.
    private func checkBearer(_ key: GrantStanding) throws(OAuthError) {
        let (token, now) = (rotation.token, rotation.now)
        guard rotation.secret.id == family.secretID, rotation.secret.isGenuine(token, nonce: family.nonce)
        else { throw Self.refusal("not genuine", token) }
        guard family.client == rotation.client.id else { throw Self.refusal("of another client", token) }
        guard StatusValue(key: key, at: now) == .valid else { throw Self.refusal("of an ended key", token) }
        guard family.revokedAt == nil else { throw Self.refusal("revoked", token) }
        guard now < family.expiresAt else { throw Self.refusal("expired", token) }
    }

    private func verdict() throws(OAuthError) -> Verdict {
        let (presented, current) = (rotation.token.generation, family.generation)
        if presented > current { return .endFamily(.rollback) }
        if presented == current {
            // The counter ends after 4 294 967 295 refreshes; the family with it.
            guard current < .max else { throw Self.refusal("of the last generation", rotation.token) }
            let next = rotated
            return .rotate(try grant(until: next.expiresAt), to: next)
        }
        guard current - presented == 1, isWithinGrace else { return .endFamily(.reuse) }
        return .repeatSuccessor(
            try grant(until: family.expiresAt),
            isFromElsewhere: rotation.address != family.rotatedFrom
        )
    }

    private var rotated: RefreshFamily {
        var next = family
        next.generation += 1
        // A request may have read its clock before the one that has overtaken it.
        next.rotatedAt = max(rotation.now, family.rotatedAt)
        next.rotatedFrom = rotation.address
        next.idleExpiry = min(
            next.rotatedAt.advanced(by: Int64(rotation.policy.idle)),
            family.absoluteExpiry
        )
        return next
    }

    /// The time since the rotation may be negative, for a request that read its clock and was then overtaken; by
    /// more than the grace it is a clock that was set back, which must not reopen the window.
    private var isWithinGrace: Bool {
        let grace = Int64(rotation.policy.grace)
        let (elapsed, overflow) = rotation.now.seconds.subtractingReportingOverflow(family.rotatedAt.seconds)
        return !overflow && -grace <= elapsed && elapsed < grace
    }

    private func grant(until end: NumericDate) throws(OAuthError) -> RefreshGrant {
        RefreshGrant(
            family: family.id,
            scope: try scope(),
            audiences: try audiences(),
            status: family.status,
            expiresAt: end
        )
    }

    private func scope() throws(OAuthError) -> [[UInt8]] {
        let held = rotation.client.policy.scopes
        guard let asked = rotation.scope else {
            return family.scope == held ? held : family.scope.filter { held.contains($0) }
        }
        for token in asked.tokens {
            guard family.scope.contains(token), held.contains(token) else {
                throw OAuthError(
                    .invalidScope,
                    "this refresh token does not give every scope that was asked for: ask for fewer, or leave scope out",
                    detail: LoggedText.scope(token)
                )
            }
        }
        return asked.tokens
    }

    private func audiences() throws(OAuthError) -> [AudienceRecord] {
        let held = family.audiences.compactMap { name in
            rotation.client.policy.audiences.first { bytesEqual($0.name, name) }
        }
        guard !rotation.audiences.isEmpty else {
            guard !held.isEmpty else {
                throw OAuthError(
                    .invalidTarget,
                    "this client may not ask for any audience of this refresh token any more: exchange the API key anew"
                )
            }
            return try TokenEndpoint.agreeing(held)
        }
        var audiences: [AudienceRecord] = []
        for name in rotation.audiences {
            guard let record = held.first(where: { $0.name.utf8.elementsEqual(name) }) else {
                throw OAuthError(
                    .invalidTarget,
                    "this refresh token is not good for every audience or resource named: name fewer, or none"
                )
            }
            audiences.append(record)
        }
        return try TokenEndpoint.agreeing(audiences)
    }

    /// The one refusal of a refresh token: who sends it cannot tell which of the causes it was.
    ///
    /// - Parameter cause: For the log.
    package static func refusal(_ cause: String, _ token: RefreshToken?) -> OAuthError {
        OAuthError(
            .invalidGrant,
            "the refresh token is invalid, expired, spent, revoked or not this client's: exchange the API key anew",
            detail: "\(cause): \(token.map { $0.family.description } ?? "none")"
        )
    }
}
