import AuthorizationServer
import Logging
import NIOCore
import OAuth

/// Refresh tokens on the event loop: what they change is committed elsewhere, and the connection waits.
///
/// No signature is made before the commit, and none while the writer is held. For a client that hangs up meanwhile
/// none is made; what was committed stays, and a refresh token within its grace gets the same answer again.
extension ProtocolHandler {
    func open(_ opening: FamilyOpening, _ request: CollectedRequest) {
        let handler = NIOLoopBound(self, eventLoop: loop.eventLoop)
        loop.families.open(opening, via: loop.carrier) { [client = opening.client, now = opening.now] in
            handler.value.conclude($0.map { .init($0) }, for: client, as: .tokenExchange, at: now, request)
        }
    }

    func rotate(_ rotation: Rotation, _ request: CollectedRequest) {
        let handler = NIOLoopBound(self, eventLoop: loop.eventLoop)
        var rotation = rotation
        rotation.requestID = request.id
        loop.families.rotate(rotation, via: loop.carrier) { [client = rotation.client, now = rotation.now] in
            handler.value.conclude($0, for: client, as: .refreshToken, at: now, request)
        }
    }

    private func conclude(
        _ result: CommitResult<Rotation.Outcome>,
        for client: Client,
        as grant: GrantType,
        at now: NumericDate,
        _ request: CollectedRequest
    ) {
        loop.refresh()
        switch result {
        case .failure(let fault): finish(unavailable(fault, request))
        case .success(let outcome):
            if let event = outcome.event { report(event, request) }
            switch outcome.answer {
            case .refused(let error): finish(refusal(error, of: grant, request))
            case .granted(let token, let granted):
                guard context != nil else { return abandon() }
                let issued = loop.issued(judgedAt: now)
                let authorized = loop.endpoint.conclude(granted, for: client, as: grant, at: issued)
                finish(minted(authorized, with: token, at: issued, request))
            }
        }
    }

    /// Said though nobody may be left to be answered.
    private func report(_ event: RefreshEvent, _ request: CollectedRequest) {
        if event.kind == .reuse { loop.metrics.refreshReuse += 1 }
        loop.logger.warning(
            "\(event.kind.rawValue)",
            metadata: [
                "client_id": "\(event.client)", "family_id": "\(event.family)",
                "address": "\(address(of: request)?.text ?? "unknown")",
                "request_id": "\(String(decoding: request.id, as: UTF8.self))",
            ]
        )
    }
}
