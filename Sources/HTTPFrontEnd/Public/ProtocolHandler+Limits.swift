import AuthorizationServer
import Logging
import NIOCore
import NIOHTTP1
import OAuth

/// A token request on its way: who asks for what, and what it has used of the key's limits.
struct TokenAsk {
    let client: Client
    let grant: GrantType
    /// `nil` for a key without limits.
    let admission: Admission?
    /// Why it came to nothing in the end.
    var denial: OAuthError?
}

/// Limits and counters on the event loop: judged before any signature, settled with the answer.
extension ProtocolHandler {
    /// Whether the key may have another token now; if not, that is answered here, and nothing was used.
    func admit(
        _ client: Client,
        for grant: GrantType,
        at now: NumericDate,
        _ request: CollectedRequest
    ) -> Bool {
        guard let limits = client.limits else {
            asking = TokenAsk(client: client, grant: grant, admission: nil)
            return true
        }
        switch limits.admit(at: .now, on: now) {
        case .admitted(let admission):
            asking = TokenAsk(client: client, grant: grant, admission: admission)
            if limits.isBeyondQuota(admission) { countBeyondQuota(client, limits, admission) }
            return true
        case .refused(let refusal):
            loop.metrics.countTokenError(grant: grant.rawValue, error: "temporarily_unavailable")
            refuse(client, refusal)
            return false
        }
    }

    /// As ``admit(_:for:at:_:)`` for what gives no token: only the rate counts.
    func admitRequest(of client: Client) -> Bool {
        guard let refusal = client.limits?.refusal(at: .now, on: loop.clock.now) else { return true }
        refuse(client, refusal)
        return false
    }

    private func refuse(_ client: Client, _ refusal: LimitRefusal) {
        loop.metrics.limited[refusal.reason.rawValue, default: 0] += 1
        loop.usage.countDenial(refusal.reason, of: client.id, client.number, at: loop.clock.now)
        var answer = LimitAnswers.refused(refusal)
        answer.note.clientID = client.id
        finish(answer)
    }

    /// A quota that is not enforced is told of once in its day or month.
    private func countBeyondQuota(_ client: Client, _ limits: KeyLimits, _ admission: Admission) {
        loop.metrics.beyondQuota += 1
        guard limits.passesQuota(admission), let quota = limits.quota else { return }
        loop.logger.warning(
            "quota exceeded",
            metadata: [
                "client_id": "\(client.id)", "tokens": "\(quota.tokens)",
                "period": "\(quota.period.rawValue)", "enforced": "false",
            ]
        )
    }

    /// Counts a token request by its answer; what got no token gives its part of the quota back.
    func settle(_ ask: TokenAsk, _ answer: inout Answer, _ request: CollectedRequest) {
        asking = nil
        let now = loop.clock.now
        guard answer.status == 200 else {
            answer.note.clientID = ask.client.id
            if let admission = ask.admission { ask.client.limits?.withdraw(admission) }
            if let error = ask.denial {
                loop.usage.countDenial(
                    UsageDenial(error, of: ask.client, at: now),
                    of: ask.client.id,
                    ask.client.number,
                    at: now
                )
            }
            return
        }
        let client = ask.client
        loop.usage.countToken(
            by: ask.grant,
            to: client.id,
            client.number,
            from: address(of: request),
            at: now
        )
        guard let admission = ask.admission, let limits = client.limits else { return }
        LimitAnswers.append(limits.limits(admission), to: &answer)
    }

    /// Nobody is left to be answered: nothing is made any more, and what was used of the quota is given back.
    func abandon() {
        finish(TokenAnswers.abandoned)
    }

    /// A refusal by the key's own rights, for which its secret was sent.
    func countDenial(_ error: OAuthError, of clients: TokenEndpoint.FoundClients, at now: NumericDate) {
        guard let client = clients.sender else { return }
        let reason = UsageDenial(error, of: client, at: now)
        loop.usage.countDenial(reason, of: client.id, client.number, at: now)
    }

    /// A request of the client that gets no token, and that it may make.
    func countUse(of client: Client, _ request: CollectedRequest) {
        loop.usage.countUse(of: client.id, client.number, from: address(of: request), at: loop.clock.now)
    }

    /// An answer of the admin API to one of its callers.
    func countUse(_ answer: Answer, _ request: CollectedRequest?, at now: NumericDate) {
        guard let id = answer.note.clientID else { return }
        loop.usage.countUse(of: id, from: address(of: request), at: now)
    }

    // MARK: Failed authentications

    /// The answer to a refused request: the same for every cause, and 429 when its address fails all too often.
    ///
    /// Only who has failed comes here: a valid key from the same address is not held up.
    ///
    /// - Parameter client: Whose API key was sent, for the log. Not when it was refused: `detail` says it then, for keys
    ///   that nobody has in as much time.
    func refused(_ error: OAuthError, of client: Client? = nil, _ request: CollectedRequest) -> Answer {
        if error.code == .invalidClient, let limited = countFailure(error, request) { return limited }
        var answer = TokenAnswers.refused(error, authorization: request.start.fields.authorization.first)
        if error.code != .invalidClient { answer.note.clientID = client?.id }
        return answer
    }

    /// Counts a credential that was refused.
    ///
    /// - Returns: The answer, when too many from its address were.
    func countFailure(_ error: OAuthError, _ request: CollectedRequest) -> Answer? {
        loop.metrics.failedAuthentications += 1
        let address = address(of: request)
        guard let limit = loop.state.failedAuthentications,
            case .limited(let seconds, let isNews) = loop.failures.count(address, by: limit, at: .now)
        else { return nil }
        loop.metrics.limited[LimitName.failedAuthentications, default: 0] += 1
        if isNews {
            loop.failureNews.report(address, requestID: String(decoding: request.id, as: UTF8.self))
        }
        return LimitAnswers.tooManyFailures(after: seconds, detail: error.detail)
    }
}

extension Uptime {
    /// The clock that the event loops measure their deadlines by.
    static var now: Uptime { Uptime(nanoseconds: NIODeadline.now().uptimeNanoseconds) }
}
