import AuthorizationServer
import JOSE
import NIOCore
import OAuth

/// The exchange of access tokens (RFC 8693) on the event loop: check both tokens, judge, mint.
extension ProtocolHandler {
    func exchange(_ exchange: AccessTokenExchange, _ request: CollectedRequest) {
        let now = loop.judgedNow
        do {
            let subject = try judge(exchange.subject, at: now, AccessTokenExchange.badSubject)
            let actor = try exchange.actor.map { try judge($0, at: now, AccessTokenExchange.badActor) }
            switch (subject, actor) {
            case (.live(let subject), nil): finish(derived(exchange, subject, nil, at: now, request))
            case (.live(let subject), .live(let actor)?):
                finish(derived(exchange, subject, actor, at: now, request))
            default: settle(exchange, subject, actor, request)
            }
        } catch let error as OAuthError {
            finish(refusal(error, of: .tokenExchange, request))
        } catch {
            finish(unavailable(StoreUnavailable(reason: "\(error)"), request))
        }
    }

    /// - Throws: What `refusal` makes of the reason; ``TokenRefusal`` for a fault of this machine.
    private func judge(
        _ token: [UInt8],
        at now: NumericDate,
        _ refusal: (String) -> OAuthError
    ) throws -> LiveTokenCheck.Verdict {
        do throws(TokenRefusal) { return try loop.tokens.judge(token, at: now) } catch {
            if error.isFault { throw error }
            throw refusal(error.reason)
        }
    }

    /// The store is asked about at least one of the two.
    private func settle(
        _ exchange: AccessTokenExchange,
        _ subject: LiveTokenCheck.Verdict,
        _ actor: LiveTokenCheck.Verdict?,
        _ request: CollectedRequest
    ) {
        let (life, now) = (loop.life, loop.judgedNow)
        wait(request) { () async throws(StoreUnavailable) in
            (try await life.settled(subject, at: now), try await life.settled(actor, at: now))
        } then: { handler, found in
            guard handler.context != nil else { return handler.abandon() }
            guard let subject = found.0 else {
                let error = AccessTokenExchange.badSubject("revoked, or its client is not live")
                return handler.finish(handler.refusal(error, of: .tokenExchange, request))
            }
            guard actor == nil || found.1 != nil else {
                let error = AccessTokenExchange.badActor("revoked")
                return handler.finish(handler.refusal(error, of: .tokenExchange, request))
            }
            handler.finish(handler.derived(exchange, subject, found.1, at: handler.loop.judgedNow, request))
        }
    }

    private func derived(
        _ exchange: AccessTokenExchange,
        _ subject: LiveToken,
        _ actor: LiveToken?,
        at now: NumericDate,
        _ request: CollectedRequest
    ) -> Answer {
        do {
            let grant = try exchange.derived(from: subject, actor: actor)
            let issued = loop.issued(judgedAt: now)
            // The subject may have ended while the store was asked.
            guard issued < grant.expiresAt else { throw AccessTokenExchange.badSubject("expired") }
            var response = try loop.minter.mint(grant, at: issued)
            loop.metrics.countToken(grant: .tokenExchange, algorithm: grant.algorithm)
            var answer = TokenAnswers.granted
            answer.body = response.takeJSON()
            answer.note.clientID = grant.client.id
            return answer
        } catch let error as OAuthError {
            return refusal(error, of: .tokenExchange, request)
        } catch {
            return unavailable(StoreUnavailable(reason: "\(error)"), request)
        }
    }
}

extension TokenLife {
    fileprivate func settled(
        _ verdict: LiveTokenCheck.Verdict?,
        at now: NumericDate
    ) async throws(StoreUnavailable) -> LiveToken? {
        switch verdict {
        case nil: nil
        case .live(let token): token
        case .undecided(let token): try await token.settled(clients: clients, denials: denials, at: now)
        }
    }
}
