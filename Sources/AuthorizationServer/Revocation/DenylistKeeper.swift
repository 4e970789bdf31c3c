package import OAuth

/// Fills the ``Denylist`` from the store, and empties both of what has ended.
package struct DenylistKeeper: Sendable {
    private let list: Denylist
    private let store: any DenialStore

    /// Tokens read at a time.
    private static let page = 65_536
    /// Tokens forgotten in one transaction, at most; the store sees to it that making it stays short.
    ///
    /// They stand at random places: each is a page or two that the commit has to write, and a checkpoint again.
    private static let batch = 256

    package init(list: Denylist, store: any DenialStore) {
        self.list = list
        self.store = store
    }

    /// Reads everything that is denied; what is denied meanwhile is told by the committer.
    ///
    /// - Throws: ``StoreUnavailable``, and then it may be called again.
    package func load() async throws(StoreUnavailable) {
        let summary = try await store.denials()
        list.forget(endedAt: summary.forgottenUntil)
        list.reserve(summary.count)
        var last: TokenID?
        while !Task.isCancelled {
            let tokens = try await store.deniedTokens(after: last, limit: Self.page)
            for token in tokens { list.insert(token) }
            guard tokens.count == Self.page, let next = tokens.last?.id else { break }
            last = next
        }
        guard !Task.isCancelled else { return }
        list.finishLoading()
    }

    /// Forgets what ended until `now`, in the store first: memory then never says less than it.
    ///
    /// - Throws: ``StoreUnavailable``; the rest waits for the next time.
    package func forgetEnded(at now: NumericDate) async throws(StoreUnavailable) {
        guard list.isLoaded else { return }
        while !Task.isCancelled, try await store.forgetDeniedTokens(until: now, limit: Self.batch) > 0 {}
        list.forget(endedAt: now)
    }
}
