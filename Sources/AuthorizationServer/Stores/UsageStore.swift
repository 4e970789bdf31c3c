/// Where the counters go, a batch at a time.
package protocol UsageStore: Sendable {
    /// Adds to what stands there, all of it or nothing; keys that are not there are passed over.
    ///
    /// - Throws: ``StoreUnavailable``, and then nothing was added.
    func add(_ usage: [UsageEntry]) async throws(StoreUnavailable)

    /// Forgets at most `limit` of the oldest counters; when a key was last used stays known.
    ///
    /// - Returns: How many were forgotten.
    /// - Throws: ``StoreUnavailable``.
    func forgetUsage(before day: UsageDay, limit: Int) async throws(StoreUnavailable) -> Int
}
