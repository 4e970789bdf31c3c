import JOSE
import OAuth
import Primitives

/// What is known says this of a token.
struct Verdict: Sendable {
    var outcome: Result<VerifiedToken, TokenRefusal>
    /// Documents that may change the outcome: worth waiting for.
    var lacking: [DocumentName] = []
    /// Documents that should be renewed meanwhile; the outcome stands.
    var overdue: [DocumentName] = []
}

/// The check of one token against one snapshot at one moment (RFC 9068 §4): a pure rule, without I/O.
struct TokenJudge {
    let configuration: VerifierConfiguration
    let snapshot: Snapshot
    let moment: Moment

    func judge(_ token: [UInt8]) -> Verdict {
        let keySet = snapshot.keySet
        let isRecent = keySet.isRecent(at: moment, tolerance: Int64(configuration.fetchTimeout))
        guard isRecent || keySet.isRecent(at: moment, tolerance: Int64(configuration.keySetOutage)) else {
            return Verdict(outcome: .failure(.staleKeySet), lacking: [.keySet])
        }
        var verdict: Verdict
        do throws(TokenRefusal) {
            guard let claims = try claims(of: token, by: keySet) else {
                return Verdict(
                    outcome: .failure(isRecent ? .unknownKey : .staleKeySet),
                    lacking: [.keySet]
                )
            }
            verdict = try standing(of: try verified(claims), status: claims)
        } catch {
            verdict = Verdict(outcome: .failure(error))
        }
        if !isRecent { verdict.overdue.append(.keySet) }
        return verdict
    }

    /// The claims, if a known key has signed them; `nil` when the key is unknown.
    private func claims(of token: [UInt8], by keySet: KeySet) throws(TokenRefusal) -> SignedClaims? {
        let jws: CompactJWS
        do { jws = try keySet.headers.parse(token) } catch { throw .malformed(error.description) }
        guard let kid = jws.kid else { throw .malformed("kid is missing") }
        guard let key = keySet[kid] else { return nil }
        let verified: VerifiedJWS
        do { verified = try jws.verified(by: key) } catch {
            throw error == .algorithmMismatch ? .wrongAlgorithm : .badSignature
        }
        let types = configuration.kinds.flatMap(\.types)
        guard types.contains(where: { bytesEqual($0, verified.type ?? "") }) else { throw .wrongKind }
        return try SignedClaims(parsing: verified.payload)
    }

    private func verified(_ claims: SignedClaims) throws(TokenRefusal) -> VerifiedToken {
        try claims.require(issuer: configuration.issuer)
        let audiences = try claims.audiences()
        guard audiences.contains(where: { bytesEqual($0, configuration.audience) }) else {
            throw .wrongAudience
        }
        let dates = try claims.dates(at: moment.now, skew: Int64(configuration.clockSkew))
        return try VerifiedToken(claims, audiences: audiences, dates: dates)
    }

    /// Whether a good token is honoured still, as far as the lists are known.
    private func standing(
        of token: VerifiedToken,
        status claims: SignedClaims
    ) throws(TokenRefusal) -> Verdict {
        guard configuration.revocation != .ignored else { return Verdict(outcome: .success(token)) }
        let isRequired = configuration.revocation != .bestEffort
        var verdict = Verdict(outcome: .success(token))
        if let reference = try claims.status(listsUnder: configuration.statusListPrefix) {
            let list = snapshot.statusLists[reference.list]
            list?.use.mark(at: moment.uptime)
            if let list { try Self.check(reference, in: list) }
            note(.statusList(reference.list), list?.times, in: &verdict)
        } else if isRequired {
            throw .malformed("it names no status")
        }
        let revocations = snapshot.revocations
        if revocations?.contains(token.identifier) == true { throw .revoked }
        note(.revocations, revocations?.times, in: &verdict)
        return verdict
    }

    private static func check(
        _ reference: StatusReference,
        in list: StatusListCopy
    ) throws(TokenRefusal) {
        guard let value = list.value(at: reference.index) else {
            throw .malformed("its status is outside its list")
        }
        switch value {
        case 0: return
        case 2: throw .suspended
        default: throw .revoked
        }
    }

    /// Adds what the age of a list's copy means for the verdict.
    private func note(_ document: DocumentName, _ times: ListTimes?, in verdict: inout Verdict) {
        if let times, times.isUsable(at: moment, configuration) { return }
        if configuration.listTolerance != nil {
            verdict.outcome = .failure(.staleStatus)
            verdict.lacking.append(document)
        } else if times == nil {
            verdict.lacking.append(document)
        } else {
            verdict.overdue.append(document)
        }
    }
}
