import AuthorizationServer
import JOSE
import Logging
import NIOCore
import NIOHTTP1
import OAuth
import Primitives

/// `POST /oauth2/token` on the event loop: read, find the client, judge, mint, answer.
extension ProtocolHandler {
    func answerToken(_ request: CollectedRequest) {
        do throws(OAuthError) {
            try Self.checkForm(request)
            let token = try TokenRequest(
                form: FormParameters(parsing: request.body),
                authorization: request.start.fields.authorization.all,
                apiKeyHeader: request.start.fields.apiKey.all
            )
            let digests = TokenDigests(token)
            if let clients = digests.cached(in: loop) {
                decide(token, clients, request)
            } else {
                load(digests, for: token, request)
            }
        } catch {
            loop.metrics.countTokenError(grant: "none", error: error.code.rawValue)
            finish(refused(error, request))
        }
    }

    /// RFC 6749 §4.4.2 and Appendix B: parameters in the body only, as a form, in UTF-8.
    static func checkForm(_ request: CollectedRequest) throws(OAuthError) {
        guard !request.hasQuery else {
            throw OAuthError(.invalidRequest, "parameters must be in the body, never in the query of the URL")
        }
        guard FormContentType.isAcceptable(request.start.fields.contentType) else {
            throw OAuthError(
                .invalidRequest,
                "Content-Type must be application/x-www-form-urlencoded, in UTF-8"
            )
        }
        guard request.start.fields.contentEncoding.isEmpty else {
            throw OAuthError(.invalidRequest, "Content-Encoding is not supported: send the form as it is")
        }
    }

    private func decide(
        _ token: TokenRequest,
        _ clients: TokenEndpoint.FoundClients,
        _ request: CollectedRequest
    ) {
        let now = loop.clock.now
        guard loop.clockGuard.permits(now) else {
            return finish(TokenAnswers.unavailable(ClockBehind.retryAfter, reason: ClockBehind.reason))
        }
        // What has expired once stays so; a new token needs no such care.
        let isNew = if case .clientCredentials = token.grant { true } else { false }
        let time = isNew ? now : loop.clockGuard.judged(now)
        do throws(OAuthError) {
            let decision = try loop.endpoint.decide(
                token,
                clients: clients,
                from: address(of: request),
                referrer: clients.asksForReferrer ? Referrer(request.head.headers) : .notAsked,
                at: time,
                issued: now
            )
            guard admit(decision.client, for: token.grant.type, at: now, request) else { return }
            switch decision {
            case .mint(let grant): finish(minted(grant, at: now, request))
            case .open(let opening): open(opening, request)
            case .rotate(let rotation): rotate(rotation, request)
            case .exchange(let exchange): self.exchange(exchange, request)
            }
        } catch {
            countDenial(error, of: clients, at: time)
            finish(refusal(error, of: token.grant.type, by: clients.sender, request))
        }
    }

    /// - Parameters:
    ///   - refreshToken: What goes out beside the token.
    ///   - now: `iat`.
    func minted(
        _ grant: AuthorizedGrant,
        with refreshToken: RefreshToken? = nil,
        at now: NumericDate,
        _ request: CollectedRequest
    ) -> Answer {
        do throws(SigningFailure) {
            var response = try loop.minter.mint(grant, at: now)
            response.refreshToken = refreshToken
            loop.metrics.countToken(
                grant: grant.grantType,
                algorithm: loop.minter.algorithm(for: grant.shape)
            )
            var answer = TokenAnswers.granted
            answer.body = response.takeJSON()
            answer.note.clientID = grant.client.id
            return answer
        } catch {
            return unavailable(StoreUnavailable(reason: "\(error)"), request)
        }
    }

    func refusal(
        _ error: OAuthError,
        of grant: GrantType,
        by client: Client? = nil,
        _ request: CollectedRequest
    ) -> Answer {
        loop.metrics.countTokenError(grant: grant.rawValue, error: error.code.rawValue)
        asking?.denial = error
        return refused(error, of: client, request)
    }

    /// A key that is not in memory: the store is asked, and the connection waits.
    private func load(_ digests: TokenDigests, for token: TokenRequest, _ request: CollectedRequest) {
        guard loop.loadsInFlight < listener.bounds.loads else {
            return finish(TokenAnswers.unavailable(1, reason: "too many keys are being looked up"))
        }
        loop.loadsInFlight += 1
        let (directory, now) = (loop.directory, loop.clock.now)
        let handler = NIOLoopBound(self, eventLoop: loop.eventLoop)
        let eventLoop = loop.eventLoop
        Task {
            let found: Result<TokenEndpoint.FoundClients, StoreUnavailable>
            do throws(StoreUnavailable) {
                found = .success(try await digests.loaded(from: directory, at: now))
            } catch {
                found = .failure(error)
            }
            eventLoop.execute { handler.value.conclude(found, for: token, request) }
        }
    }

    func conclude(
        _ found: Result<TokenEndpoint.FoundClients, StoreUnavailable>,
        for token: TokenRequest,
        _ request: CollectedRequest
    ) {
        loop.loadsInFlight -= 1
        loop.refresh()
        switch found {
        case .success(let clients):
            guard context != nil else { return abandon() }
            decide(token, clients, request)
        case .failure(let fault): finish(unavailable(fault, request))
        }
    }

    /// A fault is logged once, here.
    func unavailable(_ fault: StoreUnavailable, _ request: CollectedRequest) -> Answer {
        loop.logger.error(
            "token not issued",
            metadata: [
                "request_id": "\(String(decoding: request.id, as: UTF8.self))", "reason": "\(fault.reason)",
            ]
        )
        return TokenAnswers.unavailable(fault.retryAfterSeconds, reason: fault.reason)
    }
}

extension Referrer {
    /// Of the page that a browser says it shows.
    fileprivate init(_ headers: HTTPHeaders) {
        self.init(origin: headers["origin"], referer: headers["referer"])
    }
}

/// What the keys of one request are looked up by.
struct TokenDigests: Sendable {
    let authenticated: SHA256Digest?
    let subject: SHA256Digest?

    init(_ request: TokenRequest) {
        authenticated = request.authentication?.key?.digest
        if case .apiKeyExchange(let key) = request.grant { subject = key?.digest } else { subject = nil }
    }

    /// `nil` when the store must be asked.
    func cached(in loop: LoopState) -> TokenEndpoint.FoundClients? {
        guard let first = Self.cached(authenticated, in: loop), let second = Self.cached(subject, in: loop)
        else {
            return nil
        }
        return TokenEndpoint.FoundClients(authenticated: first, subject: second)
    }

    private static func cached(_ digest: SHA256Digest?, in loop: LoopState) -> Client?? {
        guard let digest else { return .some(nil) }
        switch loop.directory.cached(digest) {
        case .known(let client):
            loop.metrics.cacheHits += 1
            return .some(client)
        case .unknown:
            loop.metrics.cacheHits += 1
            return .some(nil)
        case .notCached:
            loop.metrics.cacheMisses += 1
            return nil
        }
    }

    func loaded(
        from directory: ClientDirectory,
        at now: NumericDate
    ) async throws(StoreUnavailable) -> TokenEndpoint.FoundClients {
        var first: Client?
        var second: Client?
        if let authenticated { first = try await directory.load(authenticated, at: now) }
        if let subject {
            second = subject == authenticated ? first : try await directory.load(subject, at: now)
        }
        return TokenEndpoint.FoundClients(authenticated: first, subject: second)
    }
}
