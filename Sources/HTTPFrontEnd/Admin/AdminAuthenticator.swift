import AdminAPI
import Administration
import AuthorizationServer
import OAuth
import Primitives

/// Who asks the admin API: a token for its audience, or an API key taken as the token that it would get.
struct AdminAuthenticator: Sendable {
    let clients: any ClientStore
    let tokens: LiveTokenCheck
    let denials: any DenialStore

    /// Always a 401; the cause is for the log.
    struct Refusal: Error, Sendable {
        let cause: String
        /// Whether a credential was sent at all (RFC 6750 §3.1).
        let triedBearer: Bool

        func answer(requestID: String) -> Answer {
            let problem = Problem(
                slug: "unauthenticated",
                title: "No valid credential",
                status: 401,
                detail:
                    "Send Authorization: Bearer with a token for the audience \(AudienceRecord.administration), "
                    + "or with an API key that has it.",
                requestID: requestID
            )
            var answer = Answer(
                status: 401,
                contentType: "application/problem+json",
                body: problem.json.serialized
            )
            answer.append("Cache-Control", "no-store")
            if triedBearer {
                answer.append("WWW-Authenticate", "Bearer realm=\"tokenbooth\", error=\"invalid_token\"")
            } else {
                answer.append("WWW-Authenticate", "Bearer realm=\"tokenbooth\"")
            }
            answer.note.error = "unauthenticated"
            answer.note.detail = cause
            return answer
        }
    }

    /// The rights of the credential; those of its key are looked at again in the operation's transaction.
    ///
    /// - Throws: ``Refusal``; ``StoreUnavailable``.
    func authenticate(
        authorization: [String],
        apiKey: [String],
        from address: IPAddress?,
        referrer: Referrer = .unknown,
        at now: NumericDate
    ) async throws -> Administrator {
        guard authorization.count + apiKey.count <= 1 else {
            throw Refusal(cause: "more than one credential", triedBearer: true)
        }
        if let value = apiKey.first {
            return try await holder(of: Array(value.utf8), from: address, referrer, at: now)
        }
        guard let value = authorization.first else {
            throw Refusal(cause: "no credential", triedBearer: false)
        }
        let bytes = Array(value.utf8)
        guard bytes.count > 7, value.prefix(7).lowercased() == "bearer " else {
            return try await holder(of: bytes, from: address, referrer, at: now)
        }
        let token = Array(bytes[7...].drop { $0 == UInt8(ascii: " ") })
        if APIKey.resembles(token) {
            return try await holder(of: token, from: address, referrer, at: now)
        }
        let live = try await live(token, at: now)
        let record = try await clients.client(withID: live.client)
        let scopes = live.scope.map { String(decoding: $0, as: UTF8.self) }
        return try administrator(record, scopes, from: address, at: now)
    }

    /// A token for the admin API alone, that nobody got for another.
    private func live(_ token: [UInt8], at now: NumericDate) async throws -> AccessToken {
        let verdict: LiveTokenCheck.Verdict
        do throws(TokenRefusal) { verdict = try tokens.judge(token, at: now) } catch {
            if error.isFault { throw StoreUnavailable(reason: error.reason) }
            throw Refusal(cause: error.reason, triedBearer: true)
        }
        let live: LiveToken?
        switch verdict {
        case .live(let token): live = token
        case .undecided(let token):
            live = try await token.settled(clients: clients, denials: denials, at: now)
        }
        guard let token = live?.token else {
            throw Refusal(cause: "the token was revoked", triedBearer: true)
        }
        guard token.isAdministrative, token.audiences.count == 1 else {
            throw Refusal(cause: "aud is not \(AudienceRecord.administration)", triedBearer: true)
        }
        guard token.actors == 0 else { throw Refusal(cause: "act is present", triedBearer: true) }
        return token
    }

    /// A key taken as the token that it would get here; so it may not come from a page that would get none.
    private func holder(
        of key: [UInt8],
        from address: IPAddress?,
        _ referrer: Referrer,
        at now: NumericDate
    ) async throws -> Administrator {
        guard let key = APIKey(parsing: key) else {
            throw Refusal(cause: "not an API key", triedBearer: true)
        }
        let record = try await clients.client(withDigest: key.digest)
        guard record?.allowedReferrers?.allows(referrer) ?? true else {
            throw Refusal(cause: "referrer not allowed", triedBearer: true)
        }
        guard record?.grantTypes.contains(.clientCredentials) ?? true else {
            throw Refusal(cause: "grant type not allowed", triedBearer: true)
        }
        return try administrator(record, record?.heldScopes ?? [], from: address, at: now)
    }

    private func administrator(
        _ record: ClientRecord?,
        _ scopes: [String],
        from address: IPAddress?,
        at now: NumericDate
    ) throws -> Administrator {
        guard let record else { throw Refusal(cause: "no such key", triedBearer: true) }
        guard !record.isDisabled, !record.isRevoked else {
            throw Refusal(cause: "disabled or revoked: \(record.id)", triedBearer: true)
        }
        if let expiresAt = record.expiresAt, now >= expiresAt {
            throw Refusal(cause: "expired: \(record.id)", triedBearer: true)
        }
        if let secretExpiresAt = record.secretExpiresAt, now >= secretExpiresAt {
            throw Refusal(cause: "secret of before the last rotation: \(record.id)", triedBearer: true)
        }
        guard record.audiences.contains(where: { bytesEqual($0.name, AudienceRecord.administration) }) else {
            throw Refusal(cause: "not a key for the admin API: \(record.id)", triedBearer: true)
        }
        guard record.allowedAddresses?.allows(address) ?? true,
            record.projectAllowedAddresses?.allows(address) ?? true
        else { throw Refusal(cause: "address not allowed: \(record.id)", triedBearer: true) }
        return Administrator(id: record.id, scopes: scopes)
    }
}
