import AuthorizationServer
import JOSE
import NIOCore
import NIOHTTP1
import OAuth
import Primitives

/// `POST /oauth2/introspect` (RFC 7662) on the event loop: nothing of an access token waits for the store.
extension ProtocolHandler {
    func answerIntrospection(_ request: CollectedRequest) {
        // Memory may be ahead of a store that takes no changes, or behind what others were told of it.
        guard !loop.life.health.isFailing else {
            return finish(TokenAnswers.unavailable(1, reason: "the last change could not be made durable"))
        }
        do throws(OAuthError) {
            let presented = try presentedToken(request)
            authenticate(presented, request) { handler, caller in
                guard handler.admitRequest(of: caller) else { return }
                handler.countUse(of: caller, request)
                handler.introspect(presented.token, by: caller, request)
            }
        } catch {
            finish(refused(error, request))
        }
    }

    private func introspect(_ token: [UInt8], by caller: Client, _ request: CollectedRequest) {
        if let refreshToken = RefreshToken(parsing: token) {
            return introspect(refreshToken, by: caller, request)
        }
        let now = loop.judgedNow
        do throws(TokenRefusal) {
            switch try loop.tokens.judge(token, at: now) {
            case .live(let live):
                guard Introspection.mayRead(live.token, caller) else {
                    return answerInactive(to: caller, request)
                }
                answer(Introspection.response(live), to: caller, request)
            case .undecided(let undecided):
                guard Introspection.mayRead(undecided.token, caller) else {
                    return answerInactive(to: caller, request)
                }
                settle(undecided, request) { handler, live in
                    handler.answer(live.map(Introspection.response) ?? .inactive, to: caller, request)
                }
            }
        } catch {
            guard !error.isFault else {
                return finish(failed(StoreUnavailable(reason: error.reason), request))
            }
            answerInactive(to: caller, request, because: error.reason)
        }
    }

    /// Asks the store what memory could not say.
    func settle(
        _ undecided: UndecidedToken,
        _ request: CollectedRequest,
        then: @escaping @Sendable (ProtocolHandler, LiveToken?) -> Void
    ) {
        let (clients, denials, now) = (loop.life.clients, loop.life.denials, loop.judgedNow)
        wait(request) { () async throws(StoreUnavailable) in
            try await undecided.settled(clients: clients, denials: denials, at: now)
        } then: { handler, live in
            then(handler, live)
        }
    }

    private func introspect(_ token: RefreshToken, by caller: Client, _ request: CollectedRequest) {
        let families = loop.families
        wait(request) { () async throws(StoreUnavailable) in
            try await families.family(token.family)?.family
        } then: { handler, family in
            let response = family.map { family in
                Introspection.response(
                    token,
                    of: family,
                    to: caller,
                    issuer: handler.loop.state.issuer,
                    secret: handler.loop.state.refreshSecret,
                    at: handler.loop.judgedNow
                )
            }
            handler.answer(response ?? .inactive, to: caller, request)
        }
    }

    /// - Parameter reason: For the log; the answer is the same for all.
    private func answerInactive(
        to caller: Client,
        _ request: CollectedRequest,
        because reason: String = "not for this client to see"
    ) {
        answer(.inactive, to: caller, request, because: reason)
    }

    private func answer(
        _ response: IntrospectionResponse,
        to caller: Client,
        _ request: CollectedRequest,
        because reason: String? = nil
    ) {
        var answer: Answer
        if SignedIntrospection.isWanted(request.head.headers["accept"]) {
            do throws(SigningFailure) {
                let claims = response.claims(
                    issuer: loop.state.issuer,
                    reader: caller.id,
                    at: loop.judgedNow
                )
                answer = SignedIntrospection.answer
                answer.body = try loop.minter.sign(claims, type: IntrospectionResponse.signedType)
            } catch {
                return finish(failed(StoreUnavailable(reason: "\(error)"), request))
            }
        } else {
            answer = PlainIntrospection.answer
            answer.body = response.json
        }
        loop.metrics.introspections[response.isActive, default: 0] += 1
        answer.note.clientID = caller.id
        answer.note.detail = reason
        finish(answer)
    }
}

private enum PlainIntrospection {
    /// To be given a body.
    static let answer: Answer = {
        var answer = Answer(status: 200, contentType: "application/json")
        answer.append("Cache-Control", "no-store")
        return answer
    }()
}

/// The signed form of RFC 9701, for whoever asks for it.
enum SignedIntrospection {
    /// To be given a body.
    static let answer: Answer = {
        var answer = Answer(status: 200, contentType: "application/token-introspection+jwt")
        answer.append("Cache-Control", "no-store")
        return answer
    }()

    /// Whether `Accept` names the media type, and not with a weight of nought (RFC 9110 §12.5.1).
    static func isWanted(_ accept: [String]) -> Bool {
        accept.contains { value in
            value.utf8.count > 16 && value.split(separator: ",").contains(where: names)
        }
    }

    private static func names(_ range: Substring) -> Bool {
        let parts = range.lowercased().split(separator: ";").map { part in
            part.filter { $0 != " " && $0 != "\t" }
        }
        guard parts.first == "application/token-introspection+jwt" else { return false }
        return !parts.dropFirst().contains { part in
            part.hasPrefix("q=0") && part.dropFirst(3).allSatisfy { $0 == "." || $0 == "0" }
        }
    }
}
