import AuthorizationServer
import JOSE
import NIOCore
import NIOHTTP1
import OAuth

/// `/forward-auth` on the event loop: whether a reverse proxy may let a request through.
///
/// Read the proxy's question, find the credential in the client's header fields, judge it as introspection and the
/// token endpoint do, and say who it is.
extension ProtocolHandler {
    func answerForwardAuth(_ request: CollectedRequest) {
        let question: ForwardAuth
        do throws(OAuthError) {
            question = try ForwardAuth(ForwardAuthQuery(parsing: Array((request.query ?? "").utf8)))
        } catch {
            var answer = TokenAnswers.refused(error, authorization: nil)
            // A proxy tells nobody: the log is where its mistake is found.
            answer.note.detail = error.description
            return finish(answer)
        }
        // As for an introspection: memory may be ahead of the store, or behind what others were told of it.
        guard !loop.life.health.isFailing else {
            return finish(TokenAnswers.unavailable(1, reason: "the last change could not be made durable"))
        }
        let headers = request.head.headers
        let credential = BearerCredential(
            authorization: headers["authorization"],
            apiKeyHeader: headers["x-api-key"],
            allowsAPIKey: question.query.allowsAPIKey
        )
        switch credential {
        case .missing: finish(ForwardAuthAnswers.unauthenticated)
        case .unusable(let reason): finish(ForwardAuthAnswers.refused(.badCredential(reason), of: nil))
        case .token(let token): judge(token, question, request)
        case .apiKey(let key):
            find(key?.digest, request) { handler, client in
                guard handler.context != nil else { return handler.abandon() }
                handler.judge(client, question, request)
            }
        }
    }

    // MARK: An access token

    private func judge(_ token: [UInt8], _ question: ForwardAuth, _ request: CollectedRequest) {
        do throws(TokenRefusal) {
            switch try loop.tokens.judge(token, at: loop.judgedNow) {
            case .live(let live): answer(live, question, request)
            case .undecided(let undecided):
                settle(undecided, request) { handler, live in
                    if let live { return handler.answer(live, question, request) }
                    let refusal = ForwardAuthRefusal.badCredential("revoked, or its client is not live")
                    handler.finish(ForwardAuthAnswers.refused(refusal, of: nil))
                }
            }
        } catch {
            // A good token is not called bad because this machine could not look.
            guard !error.isFault else {
                return finish(failed(StoreUnavailable(reason: error.reason), request))
            }
            finish(ForwardAuthAnswers.refused(.badCredential(error.reason), of: nil))
        }
    }

    private func answer(_ live: LiveToken, _ question: ForwardAuth, _ request: CollectedRequest) {
        do throws(ForwardAuthRefusal) {
            let identity = try question.judge(live)
            loop.usage.countUse(of: identity.client, from: address(of: request), at: loop.clock.now)
            finish(ForwardAuthAnswers.allowed(identity))
        } catch {
            finish(ForwardAuthAnswers.refused(error, of: live.token.client))
        }
    }

    // MARK: An API key

    private func judge(_ found: Client?, _ question: ForwardAuth, _ request: CollectedRequest) {
        let now = loop.clock.now
        guard loop.clockGuard.permits(now) else {
            return finish(TokenAnswers.unavailable(ClockBehind.retryAfter, reason: ClockBehind.reason))
        }
        let client: Client
        do throws(OAuthError) {
            client = try ClientAuthenticator.accept(
                found,
                from: address(of: request),
                referrer: referrer(asked: found?.policy.allowedReferrers != nil, request),
                at: now
            )
        } catch {
            countDenial(error, of: .init(authenticated: found, subject: nil), at: now)
            let refusal = ForwardAuthRefusal.badCredential(error.detail ?? error.description)
            return finish(countFailure(error, request) ?? ForwardAuthAnswers.refused(refusal, of: nil))
        }
        do throws(ForwardAuthRefusal) {
            let accepted = try question.judge(client, loop.endpoint, at: now)
            guard admit(client, for: .clientCredentials, at: now, request) else { return }
            finish(exchanged(accepted, at: now, request))
        } catch {
            loop.usage.countDenial(error.denial, of: client.id, client.number, at: now)
            finish(ForwardAuthAnswers.refused(error, of: client.id))
        }
    }

    private func referrer(asked: Bool, _ request: CollectedRequest) -> Referrer {
        guard asked else { return .notAsked }
        return Referrer(
            origin: request.head.headers["origin"],
            referer: request.head.headers["referer"]
        )
    }

    /// The API key goes no further than this: the service behind the proxy gets a token in its place.
    private func exchanged(
        _ accepted: ForwardAuth.AcceptedKey,
        at now: NumericDate,
        _ request: CollectedRequest
    ) -> Answer {
        do throws(SigningFailure) {
            let response = try loop.minter.mint(accepted.grant, at: now)
            loop.metrics.countToken(
                grant: .clientCredentials,
                algorithm: loop.minter.algorithm(for: accepted.grant.shape)
            )
            return ForwardAuthAnswers.allowed(accepted.identity, with: response.accessToken)
        } catch {
            return unavailable(StoreUnavailable(reason: "\(error)"), request)
        }
    }
}
