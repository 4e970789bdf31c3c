import AuthorizationServer
import Logging
import NIOCore
import NIOHTTP1
import OAuth
import Primitives

/// What revocation and introspection have in common: one token in a form, and a client that authenticates.
extension ProtocolHandler {
    /// - Throws: ``OAuthError`` for a form that cannot be read.
    func presentedToken(_ request: CollectedRequest) throws(OAuthError) -> PresentedToken {
        try Self.checkForm(request)
        return try PresentedToken(
            form: FormParameters(parsing: request.body),
            authorization: request.start.fields.authorization.all,
            apiKeyHeader: request.start.fields.apiKey.all
        )
    }

    /// Finds the client that a request authenticates as, and judges its credential.
    ///
    /// - Parameter then: Called on the event loop, at once when the client is in memory; not called when it is
    ///   refused, which is answered here.
    func authenticate(
        _ presented: PresentedToken,
        _ request: CollectedRequest,
        _ then: @escaping @Sendable (ProtocolHandler, Client) -> Void
    ) {
        find(presented.authentication?.key?.digest, request) { handler, client in
            do throws(OAuthError) {
                let caller = try ClientAuthenticator.authenticate(
                    presented.authentication,
                    client,
                    named: presented.clientID,
                    from: handler.address(of: request),
                    at: handler.loop.judgedNow
                )
                then(handler, caller)
            } catch {
                handler.finish(handler.refused(error, of: client, request))
            }
        }
    }

    /// Looks a client up by its API key; a fault of the store is answered here.
    func find(
        _ digest: SHA256Digest?,
        _ request: CollectedRequest,
        _ then: @escaping @Sendable (ProtocolHandler, Client?) -> Void
    ) {
        guard let digest else { return then(self, nil) }
        switch loop.directory.cached(digest) {
        case .known(let client):
            loop.metrics.cacheHits += 1
            then(self, client)
        case .unknown:
            loop.metrics.cacheHits += 1
            then(self, nil)
        case .notCached:
            loop.metrics.cacheMisses += 1
            let (directory, now) = (loop.directory, loop.clock.now)
            wait(request) { () async throws(StoreUnavailable) in
                try await directory.load(digest, at: now)
            } then: { handler, client in
                then(handler, client)
            }
        }
    }

    /// Asks the store, and goes on when it has answered; a fault of it is answered here.
    func wait<Value: Sendable>(
        _ request: CollectedRequest,
        for work: @escaping @Sendable () async throws(StoreUnavailable) -> Value,
        then: @escaping @Sendable (ProtocolHandler, Value) -> Void
    ) {
        guard loop.loadsInFlight < listener.bounds.loads else {
            return finish(TokenAnswers.unavailable(1, reason: "too many requests wait for the store"))
        }
        loop.loadsInFlight += 1
        let eventLoop = loop.eventLoop
        let handler = NIOLoopBound(self, eventLoop: eventLoop)
        Task {
            let result: Result<Value, StoreUnavailable>
            do throws(StoreUnavailable) { result = .success(try await work()) } catch {
                result = .failure(error)
            }
            eventLoop.execute {
                handler.value.loop.loadsInFlight -= 1
                handler.value.loop.refresh()
                switch result {
                case .success(let value): then(handler.value, value)
                case .failure(let fault): handler.value.finish(handler.value.failed(fault, request))
                }
            }
        }
    }

    /// A fault is logged once, here.
    func failed(_ fault: StoreUnavailable, _ request: CollectedRequest) -> Answer {
        loop.logger.error(
            "request not answered",
            metadata: [
                "request_id": "\(String(decoding: request.id, as: UTF8.self))", "reason": "\(fault.reason)",
            ]
        )
        return TokenAnswers.unavailable(fault.retryAfterSeconds, reason: fault.reason)
    }
}
