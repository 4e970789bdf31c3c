import OAuth
import Synchronization

/// Checks access tokens of one issuer for one audience, by documents that the issuer has signed or published.
///
/// Any number of threads may share it. A token is judged against what is known at that moment, without a lock and
/// without waiting; ``verify(_:)`` waits only when a document is needed that is not known yet. ``follow()`` keeps the
/// documents recent: run it in a task as long as the verifier is in use. Without it they are fetched when a token
/// needs them.
public final class AccessTokenVerifier: Sendable {
    /// As it was made.
    public let configuration: VerifierConfiguration
    private let snapshot: SharedSnapshot
    private let clock: VerifierClock
    package let follower: Follower

    /// Fetches the key set, and the list of revoked tokens if it can be had.
    ///
    /// - Throws: ``VerifierStartError``: there is no verifier without a key to verify with.
    public convenience init(
        _ configuration: VerifierConfiguration,
        documents: any DocumentSource
    ) async throws(VerifierStartError) {
        try await self.init(configuration, documents: documents, clock: .system)
    }

    package init(
        _ configuration: VerifierConfiguration,
        documents: any DocumentSource,
        clock: VerifierClock
    ) async throws(VerifierStartError) {
        try configuration.check()
        let loader = DocumentLoader(configuration: configuration, source: documents, clock: clock)
        let keySet: KeySet
        do { keySet = try await loader.keySet(replacing: nil) } catch {
            throw .noVerificationKey("\(configuration.keySetAddress): \(DocumentFault(error).reason)")
        }
        self.configuration = configuration
        self.clock = clock
        snapshot = SharedSnapshot(Snapshot(keySet: keySet))
        follower = Follower(loader: loader, snapshot: snapshot)
        if configuration.revocation != .ignored { _ = await follower.obtain(.revocations) }
    }

    /// The token, if it is good now; fetches first what is needed to know that.
    ///
    /// - Parameter token: A compact JWS, as it follows `Bearer `.
    /// - Throws: ``TokenRefusal``.
    public func verify(_ token: String) async throws(TokenRefusal) -> VerifiedToken {
        let bytes = Array(token.utf8)
        var verdict = judge(bytes)
        // A new key may have signed the token, and then its status list is unknown, too.
        for _ in 0..<2 where !verdict.lacking.isEmpty {
            var hasNews = false
            for document in verdict.lacking {
                let isHad = await follower.obtain(document)
                hasNews = hasNews || isHad
            }
            guard hasNews else { break }
            verdict = judge(bytes)
        }
        if !verdict.overdue.isEmpty { renew(verdict.overdue) }
        return try verdict.outcome.get()
    }

    /// The token, if what is known now says that it is good.
    ///
    /// - Parameter token: A compact JWS, as it follows `Bearer `.
    /// - Throws: ``TokenRefusal``; with ``TokenRefusal/unknownKey``, ``TokenRefusal/staleKeySet`` and
    ///   ``TokenRefusal/staleStatus``, ``verify(_:)`` may know more.
    public func verifyWithoutWaiting(_ token: String) throws(TokenRefusal) -> VerifiedToken {
        try judge(Array(token.utf8)).outcome.get()
    }

    /// Keeps the documents as recent as the issuer asks for, until the task is cancelled.
    public func follow() async {
        while !Task.isCancelled {
            let milliseconds = await follower.refreshDue()
            try? await Task.sleep(for: .milliseconds(milliseconds))
        }
    }

    /// Fetches every document that is in use now, however recent the copies are.
    ///
    /// - Returns: Whether all could be had.
    @discardableResult
    public func refresh() async -> Bool { await follower.refreshAll() }

    private func judge(_ token: [UInt8]) -> Verdict {
        TokenJudge(configuration: configuration, snapshot: snapshot.current, moment: clock.read())
            .judge(token)
    }

    private func renew(_ documents: [DocumentName]) {
        Task { [follower] in
            for document in documents { _ = await follower.obtain(document) }
        }
    }
}
