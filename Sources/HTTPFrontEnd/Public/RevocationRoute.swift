import AuthorizationServer
import NIOCore
import OAuth
import Primitives

/// `POST /oauth2/revoke` (RFC 7009) on the event loop: 200 only when the revocation is durable.
extension ProtocolHandler {
    func answerRevocation(_ request: CollectedRequest) {
        do throws(OAuthError) {
            let presented = try presentedToken(request)
            let key = APIKey(parsing: presented.token)
            // What is hinted to be one and is none may be another token (RFC 7009 §2.1), of a client that says who it is.
            if presented.isHintedAsAPIKey, key != nil || presented.authentication == nil {
                return revoke(key, request)
            }
            guard key == nil else {
                throw OAuthError(
                    .unsupportedTokenType,
                    "this is an API key: to revoke the key itself, add token_type_hint=\(TokenType.apiKey)"
                )
            }
            authenticate(presented, request) { handler, caller in
                handler.countUse(of: caller, request)
                handler.revoke(presented.token, by: caller, request)
            }
        } catch {
            finish(refused(error, request))
        }
    }

    private func revoke(_ token: [UInt8], by caller: Client, _ request: CollectedRequest) {
        let now = loop.judgedNow
        let right = RevocationRight(
            client: caller.id,
            project: caller.policy.mayRevoke ? caller.policy.project : nil
        )
        if let refreshToken = RefreshToken(parsing: token) {
            let revocation = FamilyRevocation(
                token: refreshToken,
                secret: loop.state.refreshSecret,
                right: right,
                now: now
            )
            let done = whenDurable(.refreshToken, by: caller, request)
            return loop.families.revoke(revocation, via: loop.carrier, done)
        }
        let genuine: AccessToken
        do throws(TokenRefusal) {
            // A verifier whose clock is late may honour it still.
            genuine = try loop.tokens.genuine(token, at: now, leeway: DeniedToken.margin)
        } catch {
            guard !error.isFault else {
                return finish(failed(StoreUnavailable(reason: error.reason), request))
            }
            // What is unknown, malformed or over needs no revocation (RFC 7009 §2.2).
            return finish(Revocation.answer(to: caller))
        }
        guard genuine.client == caller.id || right.project != nil else {
            return finish(refused(Revocation.notYours, of: caller, request))
        }
        guard !loop.tokens.hasEnded(genuine) else { return finish(Revocation.answer(to: caller)) }
        let denial = TokenDenial(
            token: DeniedToken(id: genuine.id, expiry: genuine.expiresAt),
            owner: genuine.client,
            right: right,
            now: now
        )
        loop.life.denials.deny(denial, via: loop.carrier, whenDurable(.accessToken, by: caller, request))
    }

    /// The secret is the proof that it must not be used any more, whoever sends it.
    private func revoke(_ key: APIKey?, _ request: CollectedRequest) {
        guard let key else { return finish(Revocation.answer(to: nil)) }
        find(key.digest, request) { handler, client in
            // Strangers' guesses never reach the writer.
            guard let client else { return handler.finish(Revocation.answer(to: nil)) }
            let done = handler.whenDurable(.apiKey, by: client, request)
            // The secret itself was the credential.
            let source = AuditSource(
                client.id,
                address: handler.address(of: request),
                requestID: String(decoding: request.id, as: UTF8.self)
            )
            handler.loop.life.denials.revokeKey(key.digest, by: source, at: handler.loop.judgedNow, done)
        }
    }

    /// What is called when all is durable, on the event loop or elsewhere: answers on the event loop.
    private func whenDurable(
        _ kind: Revocation.Kind,
        by caller: Client,
        _ request: CollectedRequest
    ) -> @Sendable (CommitResult<RevocationOutcome>) -> Void {
        let eventLoop = loop.eventLoop
        let handler = NIOLoopBound(self, eventLoop: eventLoop)
        return { result in
            guard !eventLoop.inEventLoop else {
                return handler.value.conclude(result, kind, by: caller, request)
            }
            eventLoop.execute { handler.value.conclude(result, kind, by: caller, request) }
        }
    }

    private func conclude(
        _ result: CommitResult<RevocationOutcome>,
        _ kind: Revocation.Kind,
        by caller: Client,
        _ request: CollectedRequest
    ) {
        switch result {
        case .failure(let fault): finish(failed(fault, request))
        case .success(.done):
            loop.metrics.revocations[kind.rawValue, default: 0] += 1
            finish(Revocation.answer(to: caller))
        case .success(.notYours): finish(refused(Revocation.notYours, of: caller, request))
        case .success(.tooManyOfKey):
            let reason = "too many single tokens of this key are revoked: revoke its family or the key"
            finish(Revocation.tooMany(429, reason, for: caller))
        case .success(.tooManyInAll):
            let reason = "too many single tokens are revoked: revoke the family or the key"
            finish(Revocation.tooMany(503, reason, for: caller))
        }
    }
}

/// The answers of the revocation endpoint (RFC 7009 §2.2).
enum Revocation {
    /// As the metrics name it.
    enum Kind: String, Sendable, CaseIterable {
        case accessToken = "access_token"
        case refreshToken = "refresh_token"
        case apiKey = "api_key"
    }

    private static let done: Answer = {
        var answer = Answer(status: 200)
        answer.append("Cache-Control", "no-store")
        return answer
    }()

    static func answer(to caller: Client?) -> Answer {
        var answer = done
        answer.note.clientID = caller?.id
        return answer
    }

    static let notYours = OAuthError(
        .unauthorizedClient,
        "this token belongs to another client: it may revoke it, or one that holds tokens:revoke"
    )

    /// Ended tokens make room by and by.
    static func tooMany(_ status: Int, _ description: String, for caller: Client) -> Answer {
        var answer = Answer(
            status: status,
            contentType: "application/json",
            body: OAuthError.json(error: "temporarily_unavailable", description: description)
        )
        answer.append("Cache-Control", "no-store")
        answer.append("Pragma", "no-cache")
        answer.append("Retry-After", "60")
        answer.note.clientID = caller.id
        answer.note.error = "temporarily_unavailable"
        return answer
    }
}
